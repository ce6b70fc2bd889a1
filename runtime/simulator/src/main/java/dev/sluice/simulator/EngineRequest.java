package dev.sluice.simulator;

/**
 * One sequence for an engine: a prompt and how long its answer will be. Content is known to the engine only as block hashes, so
 * a virtual-time run needs no token ids.
 *
 * <p>{@code blocks} holds chained hashes ({@link Hashes}) of the full blocks of the prompt followed by the output. The first
 * {@code promptTokens / blockSize} are needed; hashes past them say which content the generated blocks will have, so that a
 * next turn which quotes the answer can hit them. Where the array ends, hashes are made from {@code outputSeed}. The array is not
 * copied and must not change.
 *
 * @param id unique among the requests an engine holds
 * @param promptTokens length of the prompt, at least 1
 * @param blocks hashes as above
 * @param outputTokens tokens it will generate, at least 1
 * @param maxTokens what the client allowed; the answer ends with {@link FinishReason#LENGTH} when it is this long
 * @param outputSeed content of generated blocks that {@code blocks} does not name
 * @param priority lower goes first under the priority policy
 * @param transfer its part in an exchange of KV with another engine
 * @param lora number of the adapter that computes it; 0 for none
 */
@SuppressWarnings("ArrayRecordComponent")
public record EngineRequest(
        long id,
        int promptTokens,
        long[] blocks,
        int outputTokens,
        int maxTokens,
        long outputSeed,
        int priority,
        KvTransfer transfer,
        int lora) {

    /** Checks the ranges. */
    public EngineRequest {
        if (promptTokens < 1 || outputTokens < 1 || maxTokens < outputTokens) {
            throw new IllegalArgumentException("request " + id + ": a prompt of " + promptTokens
                    + " tokens, an answer of " + outputTokens + ", at most " + maxTokens);
        }
    }

    /** A request that has nothing to do with other engines. */
    public EngineRequest(
            long id, int promptTokens, long[] blocks, int outputTokens, int maxTokens, long outputSeed, int priority) {
        this(id, promptTokens, blocks, outputTokens, maxTokens, outputSeed, priority, KvTransfer.NONE, 0);
    }

    /** The same with a part in an exchange of KV. */
    public EngineRequest with(KvTransfer other) {
        return new EngineRequest(id, promptTokens, blocks, outputTokens, maxTokens, outputSeed, priority, other, lora);
    }

    /** The same with an adapter. */
    public EngineRequest withLora(int adapter) {
        return new EngineRequest(
                id, promptTokens, blocks, outputTokens, maxTokens, outputSeed, priority, transfer, adapter);
    }

    /** The same under another id. */
    EngineRequest withId(long other) {
        return new EngineRequest(
                other, promptTokens, blocks, outputTokens, maxTokens, outputSeed, priority, transfer, lora);
    }

    /** A request that generates exactly so many tokens and ends by length, with priority 0. */
    public static EngineRequest of(long id, int promptTokens, long[] blocks, int outputTokens) {
        return new EngineRequest(id, promptTokens, blocks, outputTokens, outputTokens, id, 0);
    }

    /** As {@link #of(long, int, long[], int)}, from token ids, without salt or adapter. */
    public static EngineRequest ofTokens(long id, int[] prompt, int blockSize, int outputTokens) {
        return of(id, prompt.length, Hashes.ofTokens(prompt, blockSize, "", ""), outputTokens);
    }
}
