package dev.sluice.plugins;

import dev.sluice.spi.Default;
import dev.sluice.spi.Doc;
import dev.sluice.spi.Range;

/**
 * Parameters of {@code approx-prefix-cache-producer}.
 *
 * @param autoTune true: blocks are as large as each engine's own
 * @param blockSizeTokens tokens per block, where the engine's own is not wanted or not known
 * @param maxPrefixTokensToMatch tokens of a prompt that are looked at; 0: see the next
 * @param maxPrefixBlocksToMatch the same in blocks, where the one before is 0; 0: all
 * @param lruCapacityPerServer taken for llm-d's sake
 */
public record ApproxPrefixCacheConfig(
        @Doc("Take each engine's own block size where it is known.") @Default("true")
        boolean autoTune,

        @Doc("Tokens per block otherwise.") @Default("16") @Range(min = 1, max = 1_000_000)
        int blockSizeTokens,

        @Doc("Tokens of a prompt that are looked at; 0: as many as maxPrefixBlocksToMatch says.")
        @Default("131072")
        @Range(min = 0)
        int maxPrefixTokensToMatch,

        @Doc("Blocks of a prompt that are looked at where maxPrefixTokensToMatch is 0; 0: all. Deprecated in llm-d.")
        @Default("2048")
        @Range(min = 0)
        int maxPrefixBlocksToMatch,

        @Doc("Has no effect: how much an engine's cache holds is learned from its answers.")
        @Default("31250")
        @Range(min = 0)
        int lruCapacityPerServer) {}
