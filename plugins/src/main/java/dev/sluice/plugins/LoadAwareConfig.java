package dev.sluice.plugins;

import dev.sluice.spi.Default;
import dev.sluice.spi.Doc;
import dev.sluice.spi.Range;

/**
 * Parameters of {@code load-aware-scorer}.
 *
 * @param threshold waiting requests at and above which a candidate scores 0
 */
public record LoadAwareConfig(
        @Doc("Waiting requests at which the score reaches 0.") @Default("128") @Range(min = 1)
        double threshold) {}
