package dev.sluice.plugins;

import dev.sluice.spi.Default;
import dev.sluice.spi.Doc;
import dev.sluice.spi.Range;

/**
 * Parameters of {@code token-load-scorer}.
 *
 * @param queueThresholdTokens tokens at and above which a candidate scores 0
 */
public record TokenLoadConfig(
        @Doc("Tokens in flight, this request's own included, at which the score reaches 0.")
        @Default("4194304")
        @Range(min = 1)
        double queueThresholdTokens) {}
