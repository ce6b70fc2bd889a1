package dev.sluice.plugins;

import dev.sluice.spi.ConfigException;
import dev.sluice.spi.Default;
import dev.sluice.spi.Doc;
import dev.sluice.spi.OneOf;
import dev.sluice.spi.Range;
import java.time.Duration;

/**
 * Parameters of {@code utilization-detector}.
 *
 * @param queueDepthThreshold waiting requests with which an endpoint is as full as it should be
 * @param kvCacheUtilThreshold use of the KV cache with which it is, 0..1
 * @param metricsStalenessThreshold taken for llm-d's sake
 * @param stalenessPolicy what an endpoint counts of which nothing is known
 * @param headroom share by which an endpoint may be over the thresholds before the filter drops it
 */
public record UtilizationDetectorConfig(
        @Doc("Waiting requests with which an endpoint is as full as it should be.") @Default("5") @Range(min = 0)
        double queueDepthThreshold,

        @Doc("Use of the KV cache with which an endpoint is as full as it should be.")
        @Default("0.8")
        @Range(min = 0, max = 1)
        double kvCacheUtilThreshold,

        @Doc("Has no effect: metrics that are too old are unknown to the gateway itself.") @Default("200ms")
        Duration metricsStalenessThreshold,

        @Doc("An endpoint of which nothing is known counts as full (saturated), or not at all (ignore).")
        @Default("saturated")
        @OneOf({"saturated", "ignore"})
        String stalenessPolicy,

        @Doc("Share by which an endpoint may be over the thresholds before the filter drops it.")
        @Default("0.0")
        @Range(min = 0)
        double headroom) {
    /**
     * Checks the thresholds.
     *
     * @throws ConfigException when something would be divided by 0
     */
    public UtilizationDetectorConfig {
        if (queueDepthThreshold == 0 || kvCacheUtilThreshold == 0) {
            throw new ConfigException("queueDepthThreshold and kvCacheUtilThreshold must be more than 0");
        }
    }
}
