package dev.sluice.plugins;

import dev.sluice.spi.Default;
import dev.sluice.spi.Doc;
import dev.sluice.spi.Range;

/**
 * Parameters of {@code slo-headroom-tier-filter}.
 *
 * @param epsilonExploreNeg how often the endpoints are kept that would miss the objectives, 0..1
 * @param latencyPredictionInfoProducerName who predicts; empty: the default
 */
public record SloHeadroomTierConfig(
        @Doc(
                "Share of requests that go to endpoints which would miss the objectives, so that these are seen to recover.")
        @Default("0.01")
        @Range(min = 0, max = 1)
        double epsilonExploreNeg,

        @Doc("Producer of predictions; empty: predicted-latency-producer, or the gateway's learned rates.")
        @Default("\"\"")
        String latencyPredictionInfoProducerName) {}
