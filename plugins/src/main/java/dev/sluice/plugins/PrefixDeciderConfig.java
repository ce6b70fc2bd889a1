package dev.sluice.plugins;

import dev.sluice.spi.Default;
import dev.sluice.spi.Doc;
import dev.sluice.spi.Range;

/**
 * Parameters of {@code prefix-based-pd-decider}, with llm-d's defaults.
 *
 * @param nonCachedTokens uncached tokens from which a request is split; 0 for never
 * @param promptTokens shortest prompt that is split
 */
public record PrefixDeciderConfig(
        @Doc("Prompt tokens that the decode endpoint lacks from which a request is split; 0: none ever is.")
        @Default("0")
        @Range(min = 0, max = 1_000_000_000)
        int nonCachedTokens,

        @Doc("Shortest prompt that is split, tokens.") @Default("0") @Range(min = 0, max = 1_000_000_000)
        int promptTokens) {}
