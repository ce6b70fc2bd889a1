package dev.sluice.plugins;

import dev.sluice.spi.ConfigException;
import dev.sluice.spi.Default;
import dev.sluice.spi.Doc;
import dev.sluice.spi.Range;

/**
 * Parameters of {@code probabilistic-admitter}.
 *
 * @param queueDepthThreshold waiting requests with which an endpoint counts as full
 * @param kvCacheUtilThreshold use of the KV cache with which it does, 0..1
 * @param power of the saturation
 * @param k factor of the power
 */
public record ProbabilisticAdmitterConfig(
        @Doc("Waiting requests with which an endpoint counts as full.") @Default("5") @Range(min = 0)
        double queueDepthThreshold,

        @Doc("Use of the KV cache with which an endpoint counts as full.") @Default("0.8") @Range(min = 0)
        double kvCacheUtilThreshold,

        @Doc("Power of the saturation.") @Default("5.0") @Range(min = 0)
        double power,

        @Doc("What the power is multiplied by.") @Default("300.0") @Range(min = 0)
        double k) {
    /**
     * Checks that none is 0.
     *
     * @throws ConfigException when one is
     */
    public ProbabilisticAdmitterConfig {
        if (queueDepthThreshold == 0 || kvCacheUtilThreshold == 0 || power == 0 || k == 0) {
            throw new ConfigException("queueDepthThreshold, kvCacheUtilThreshold, power and k must be more than 0");
        }
    }
}
