package dev.sluice.gateway.kv;

import java.util.List;

/**
 * What is known of one engine's KV events, for operators.
 *
 * @param endpoint id of the endpoint
 * @param ranks its data-parallel ranks
 */
public record KvStatus(String endpoint, List<Rank> ranks) {
    /**
     * One stream of events.
     *
     * @param rank data-parallel rank
     * @param live true when nothing is missing that was published
     * @param whole true when all that the engine holds has been told
     * @param believed false while its answers say that it tells untruths
     * @param blocks that it is known to hold
     * @param blockSize tokens per block; 0 when it has told of none
     * @param sequence number of the last batch that was applied; -1 for none
     * @param lagSeconds time from the engine's clock in that batch to its application, both clocks' difference included; NaN
     *     before the first
     * @param predictedTokens cached tokens that were predicted, of requests that have ended
     * @param reportedTokens cached tokens that the engine reported for them
     * @param confirmedTokens of the predicted, those that were found
     */
    public record Rank(
            int rank,
            boolean live,
            boolean whole,
            boolean believed,
            int blocks,
            int blockSize,
            long sequence,
            double lagSeconds,
            long predictedTokens,
            long reportedTokens,
            long confirmedTokens) {}
}
