package dev.sluice.simulator.fleet;

/**
 * What a client wants.
 *
 * @param promptTokens length of the prompt, at least 1
 * @param blocks chained hashes of the prompt's full blocks, and of the answer's after them, as the engine model takes them
 * @param promptBlocks how many of them are the prompt's
 * @param outputTokens length of the answer, at least 1
 * @param maxTokens the client's limit, 0 when it says none
 * @param session its session, or empty
 * @param streaming whether tokens are seen as they come
 */
@SuppressWarnings("ArrayRecordComponent")
public record Ask(
        int promptTokens,
        long[] blocks,
        int promptBlocks,
        int outputTokens,
        int maxTokens,
        String session,
        boolean streaming) {}
