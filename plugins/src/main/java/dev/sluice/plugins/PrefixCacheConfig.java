package dev.sluice.plugins;

import dev.sluice.spi.Default;
import dev.sluice.spi.Doc;
import dev.sluice.spi.Range;

/**
 * Parameters of {@code prefix-cache-scorer}.
 *
 * @param prefixMatchInfoProducerName who says what is cached; empty: the default
 * @param matchLengthWeight share of the score that comes from the length of the match, 0..1
 * @param matchLengthScaleTokens matched tokens at which that part reaches 1
 */
public record PrefixCacheConfig(
        @Doc("Producer of the matches; empty: approx-prefix-cache-producer, or the gateway's own index.")
        @Default("\"\"")
        String prefixMatchInfoProducerName,

        @Doc("Share of the score that comes from the length of the match instead of its ratio.")
        @Default("0.0")
        @Range(min = 0, max = 1)
        double matchLengthWeight,

        @Doc("Matched tokens at which the length part reaches 1.") @Default("8192") @Range(min = 1)
        int matchLengthScaleTokens) {}
