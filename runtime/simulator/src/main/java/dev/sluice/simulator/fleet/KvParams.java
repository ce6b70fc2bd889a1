package dev.sluice.simulator.fleet;

import java.util.List;

/**
 * What a prefill leg's answer says about the blocks that wait for somebody to fetch them; what a decode leg needs, and gets
 * unchanged. The fields are those of vLLM's {@code kv_transfer_params} that mean something without wires.
 *
 * @param server the server that has them
 * @param engineId its process; another one after a restart
 * @param requestId what they are pinned as
 * @param blocks their ids
 * @param tokens tokens whose KV they hold
 * @param cachedTokens of these, tokens that were in the prefix cache: what {@code cached_tokens} of the whole exchange is
 * @param keptAt when they were pinned, ns
 */
public record KvParams(
        String server,
        String engineId,
        String requestId,
        List<Integer> blocks,
        int tokens,
        int cachedTokens,
        long keptAt) {}
