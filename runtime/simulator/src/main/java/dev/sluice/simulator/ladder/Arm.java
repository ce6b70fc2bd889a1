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
 * @param pool what the engines are for
 */
public record Arm(String name, Supplier<Policy> policy, Duration scrape, Roles pool) {
    /** What the engines of a fleet are for. */
    public enum Roles {
        /** All serve, and KV does not move. */
        ALONE,
        /** Half of them compute prompts for the rest. */
        HALVES,
        /** All serve, and each may compute prompts for others. */
        BOTH
    }

    /** One whose engines don't move KV. */
    public Arm(String name, Supplier<Policy> policy, Duration scrape) {
        this(name, policy, scrape, Roles.ALONE);
    }
}
