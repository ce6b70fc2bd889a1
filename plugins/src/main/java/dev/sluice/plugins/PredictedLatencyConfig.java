package dev.sluice.plugins;

import dev.sluice.spi.Default;
import dev.sluice.spi.Doc;
import dev.sluice.spi.Range;
import java.time.Duration;
import java.util.OptionalDouble;

/**
 * Parameters of {@code predicted-latency-producer}.
 *
 * @param sloBufferFactor what an objective for the time per token is multiplied by
 * @param streamingMode false: the time per token is not looked at
 * @param endpointRoleLabel label by which prefill servers are known, whose time per token is not looked at
 * @param contextTTL taken for llm-d's sake
 * @param predictInProduce taken for llm-d's sake
 * @param prefixMatchInfoProducerName taken for llm-d's sake
 * @param inFlightLoadProducerName taken for llm-d's sake
 * @param useEncoderCacheFeatures taken for llm-d's sake
 * @param encoderCacheMatchInfoProducerName taken for llm-d's sake
 * @param samplingMean taken for llm-d's sake, which does not use it either
 * @param maxDecodeTokenSamplesForPrediction taken for llm-d's sake, which does not use it either
 */
public record PredictedLatencyConfig(
        @Doc("What an objective for the time per token is multiplied by.") @Default("1.0") @Range(min = 0)
        double sloBufferFactor,

        @Doc("Look at the time per token too.") @Default("false")
        boolean streamingMode,

        @Doc("Label by which prefill servers are known; empty: none.") @Default("\"\"")
        String endpointRoleLabel,

        @Doc("Has no effect.") @Default("5m") Duration contextTTL,
        @Doc("Has no effect.") @Default("true") boolean predictInProduce,

        @Doc("Has no effect: what is cached is known to the gateway's index.") @Default("\"\"")
        String prefixMatchInfoProducerName,

        @Doc("Has no effect: what is in flight is known to the gateway's ledger.") @Default("\"\"")
        String inFlightLoadProducerName,

        @Doc("Has no effect.") @Default("false") boolean useEncoderCacheFeatures,
        @Doc("Has no effect.") @Default("\"\"") String encoderCacheMatchInfoProducerName,
        @Doc("Has no effect, as in llm-d.") OptionalDouble samplingMean,
        @Doc("Has no effect, as in llm-d.") OptionalDouble maxDecodeTokenSamplesForPrediction) {}
