package dev.sluice.plugins;

import dev.sluice.spi.Default;
import dev.sluice.spi.Doc;

/**
 * Parameters of {@code latency-slo-admitter}.
 *
 * @param latencyPredictionInfoProducerName who predicts; empty: the default
 */
public record LatencySloAdmitterConfig(
        @Doc("Producer of predictions; empty: predicted-latency-producer, or the gateway's learned rates.")
        @Default("\"\"")
        String latencyPredictionInfoProducerName) {}
