package dev.sluice.simulator;

import java.util.List;

/**
 * Blocks that outlive their request because another engine is to fetch them.
 *
 * @param key as {@link KvTransfer.Keep} named it
 * @param request id of the request that computed them
 * @param blocks ids of the blocks, in the order of the tokens; the last one may be partly filled
 * @param tokens tokens whose KV they hold
 * @param cachedTokens of these, tokens that the prefix cache had when the request began
 * @param generated tokens of the answer
 * @param since when they were pinned, ns
 * @param expires when the lease ends, ns
 */
public record KvPin(
        String key,
        long request,
        List<Integer> blocks,
        int tokens,
        int cachedTokens,
        int generated,
        long since,
        long expires) {
    /** The same with another end of the lease. */
    KvPin until(long nanos) {
        return new KvPin(key, request, blocks, tokens, cachedTokens, generated, since, nanos);
    }
}
