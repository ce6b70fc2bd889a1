package dev.sluice.plugins;

import dev.sluice.spi.ConfigException;
import dev.sluice.spi.Default;
import dev.sluice.spi.Doc;
import dev.sluice.spi.OneOf;
import dev.sluice.spi.Range;

/**
 * Parameters of {@code prefix-cache-affinity-filter}.
 *
 * @param affinityThreshold share of the prompt's blocks from which an endpoint is sticky; 0 switches the filter off
 * @param explorationProbability how often all endpoints are kept all the same, 0..1
 * @param maxTTFTPenaltyMs how much later than elsewhere the first token may come for the cache's sake, ms; 0: ever so much
 * @param maxTokensInFlightPenalty tokens by which the best sticky endpoint may have more in flight than the best other; 0 for any
 * @param ttftSource where times to first token come from
 * @param peakPrefillThroughput tokens per second that tokens in flight are divided by
 * @param prefixMatchInfoProducerName who says what is cached; empty: the default
 * @param inFlightLoadProducerName who says what is in flight; empty: the default
 * @param latencyPredictionInfoProducerName who predicts; empty: the default
 */
public record PrefixCacheAffinityConfig(
        @Doc("Share of the prompt's blocks that a sticky endpoint holds; 0 switches the filter off.")
        @Default("0.8")
        @Range(min = 0, max = 1)
        double affinityThreshold,

        @Doc("Share of requests for which all endpoints are kept, so that others are tried too.")
        @Default("0.0")
        @Range(min = 0, max = 1)
        double explorationProbability,

        @Doc("Milliseconds by which the best sticky endpoint may be slower to the first token; 0: any.")
        @Default("18000")
        @Range(min = 0)
        double maxTTFTPenaltyMs,

        @Doc("Tokens that the best sticky endpoint may have more in flight; 0: any. Of llm-d 0.9.")
        @Default("0")
        @Range(min = 0)
        double maxTokensInFlightPenalty,

        @Doc("Times to first token: tokens in flight over peakPrefillThroughput, or predicted.")
        @Default("prefillThroughput")
        @OneOf({"prefillThroughput", "latencyPredictor"})
        String ttftSource,

        @Doc("Prompt tokens that an endpoint computes in a second, at best.") @Default("15928") @Range(min = 0)
        double peakPrefillThroughput,

        @Doc("Producer of the matches; empty: approx-prefix-cache-producer, or the gateway's own index.")
        @Default("\"\"")
        String prefixMatchInfoProducerName,

        @Doc("Producer of the load; empty: inflight-load-producer, or the gateway's own ledger.") @Default("\"\"")
        String inFlightLoadProducerName,

        @Doc("Producer of predictions; empty: predicted-latency-producer, or the gateway's learned rates.")
        @Default("\"\"")
        String latencyPredictionInfoProducerName) {
    /**
     * Checks that times can be computed where they are needed.
     *
     * @throws ConfigException when tokens in flight would be divided by nothing
     */
    public PrefixCacheAffinityConfig {
        if (ttftSource.equals("prefillThroughput") && maxTTFTPenaltyMs > 0 && peakPrefillThroughput == 0) {
            throw new ConfigException(
                    "peakPrefillThroughput must be more than 0 where ttftSource is prefillThroughput");
        }
    }
}
