package dev.sluice.plugins;

import dev.sluice.spi.Default;
import dev.sluice.spi.Doc;
import dev.sluice.spi.OneOf;
import dev.sluice.spi.Range;

/**
 * Parameters of {@code latency-scorer}.
 *
 * @param ttftWeight of the headroom to the first token
 * @param tpotWeight of the headroom per token
 * @param headroomSelectionStrategy which headroom is better while objectives are met
 * @param compositeKVWeight of free KV cache, where nothing is predicted
 * @param compositeQueueWeight of a short queue, where nothing is predicted
 * @param compositePrefixWeight of the cached share of the prompt, where nothing is predicted
 * @param latencyPredictionInfoProducerName who predicts; empty: the default
 * @param prefixMatchInfoProducerName who says what is cached; empty: the default
 */
public record LatencyScorerConfig(
        @Doc("Weight of the headroom to the first token.") @Default("0.8") @Range(min = 0)
        double ttftWeight,

        @Doc("Weight of the headroom per output token.") @Default("0.2") @Range(min = 0)
        double tpotWeight,

        @Doc("Which headroom is better while objectives are met: the least, so that others stay free, or the most.")
        @Default("least")
        @OneOf({"least", "most"})
        String headroomSelectionStrategy,

        @Doc("Weight of free KV cache where nothing is predicted.") @Default("1.0") @Range(min = 0)
        double compositeKVWeight,

        @Doc("Weight of a short queue where nothing is predicted.") @Default("1.0") @Range(min = 0)
        double compositeQueueWeight,

        @Doc("Weight of what is cached where nothing is predicted.") @Default("1.0") @Range(min = 0)
        double compositePrefixWeight,

        @Doc("Producer of predictions; empty: predicted-latency-producer, or the gateway's learned rates.")
        @Default("\"\"")
        String latencyPredictionInfoProducerName,

        @Doc("Producer of the matches; empty: approx-prefix-cache-producer, or the gateway's own index.")
        @Default("\"\"")
        String prefixMatchInfoProducerName) {}
