package dev.sluice.simulator.ladder;

import dev.sluice.core.Policy;
import java.time.Duration;
import java.util.function.Supplier;

/**
 * A contestant.
 *
 * @param name in tables
 * @param policy makes a fresh instance for each run
 * @param scrape how often it reads engines' metrics
 */
public record Arm(String name, Supplier<Policy> policy, Duration scrape) {}
