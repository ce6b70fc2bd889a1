package dev.sluice.plugins;

import dev.sluice.spi.Default;
import dev.sluice.spi.Doc;
import dev.sluice.spi.Range;

/**
 * Parameters of {@code least-work-pd-decider}; {@link LeastWorkDecider} says what they weigh.
 *
 * @param interferenceWeight what a millisecond counts that running streams stand still for a prompt computed beside them
 * @param stepTokens prompt tokens that an engine computes in one step at most
 */
public record LeastWorkDeciderConfig(
        @Doc("Weight of the delay that running streams suffer through a prompt that is computed beside them.")
        @Default("0.5")
        @Range(min = 0, max = 100)
        double interferenceWeight,

        @Doc("Prompt tokens in one step of an engine: a request whose KV is pulled waits for no more than that.")
        @Default("8192")
        @Range(min = 1, max = 1_000_000_000)
        int stepTokens) {}
