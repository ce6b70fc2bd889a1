package dev.sluice.plugins;

import dev.sluice.spi.Default;
import dev.sluice.spi.Doc;
import dev.sluice.spi.Range;

/**
 * Parameters of {@code p2p-source-producer}; {@link P2pSource} says what they do.
 *
 * @param minCachedTokenDelta how many more tokens a source must hold, at least
 * @param prefillProfileName taken for the sake of configurations that name it
 */
public record P2pSourceConfig(
        @Doc("An engine is a source when it holds so many prompt tokens more than the one that computes the prompt.")
        @Default("1")
        @Range(min = 1, max = 1_000_000_000)
        int minCachedTokenDelta,

        @Doc("Of no effect: the engine that computes the prompt fetches, whichever profile picked it.")
        @Default("prefill")
        String prefillProfileName) {}
