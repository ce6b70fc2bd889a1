package dev.sluice.simulator;

import java.util.List;

/**
 * How fast and how large an engine is. One step of continuous batching takes
 * {@code stepBase + perSequence·decoding + perKvToken·context + perPrefillToken·n + perPrefillTokenContext·Σ n_i·context_i}
 * milliseconds. Values of the built-ins are fitted to published single-engine figures (docs/simulator.md says which); they are
 * estimates.
 *
 * @param name what {@code --profile} calls it
 * @param model default served model name
 * @param stepBaseMillis time of a step that does nothing else: the weights are read once
 * @param perSequenceMillis for each decoding sequence
 * @param perKvTokenMillis for each token of context that decoding sequences read
 * @param perPrefillTokenMillis for each prompt token computed
 * @param perPrefillTokenContextMillis attention's quadratic part: for each pair of a computed prompt token and a token before it
 * @param requestOverheadMillis from arrival to the engine's queue: HTTP, tokenising
 * @param jitter half width of the uniform relative noise on a step's time, 0 to 1
 * @param kvBlocks blocks of KV cache
 * @param blockSize tokens in a block
 * @param kvBytesPerToken bytes of KV cache for a token, for transfers
 * @param maxNumSeqs most sequences in a step
 * @param maxNumBatchedTokens most tokens in a step, prompts and decodes together (chunked prefill)
 * @param maxModelLen most tokens of prompt and output together
 * @param maxNumQueuedReqs most requests waiting and running together; 0 for no limit
 * @param priorityPolicy lower {@link EngineRequest#priority()} first, instead of first come first served
 * @param prefixCaching whether blocks are looked up and published
 */
public record EngineProfile(
        String name,
        String model,
        double stepBaseMillis,
        double perSequenceMillis,
        double perKvTokenMillis,
        double perPrefillTokenMillis,
        double perPrefillTokenContextMillis,
        double requestOverheadMillis,
        double jitter,
        int kvBlocks,
        int blockSize,
        int kvBytesPerToken,
        int maxNumSeqs,
        int maxNumBatchedTokens,
        int maxModelLen,
        int maxNumQueuedReqs,
        boolean priorityPolicy,
        boolean prefixCaching) {

    private static final EngineProfile LLAMA_8B = new EngineProfile(
            "llama-3.1-8b-h100",
            "meta-llama/Llama-3.1-8B-Instruct",
            6.97,
            0.005,
            3.0e-5,
            0.020,
            3.0e-7,
            5.5,
            0.02,
            26_250,
            16,
            131_072,
            1024,
            8192,
            131_072,
            0,
            false,
            true);
    private static final EngineProfile QWEN_32B = new EngineProfile(
            "qwen3-32b-h100-tp2",
            "Qwen/Qwen3-32B",
            10.5,
            0.08,
            3.0e-5,
            0.0443,
            8.0e-7,
            8,
            0.02,
            19_208,
            16,
            262_144,
            1024,
            8192,
            40_960,
            0,
            false,
            true);
    private static final EngineProfile LLAMA_70B = new EngineProfile(
            "llama-3.1-70b-h100-tp4",
            "meta-llama/Llama-3.1-70B-Instruct",
            12.5,
            0.06,
            1.8e-5,
            0.056,
            1.0e-6,
            8,
            0.02,
            28_836,
            16,
            327_680,
            1024,
            8192,
            131_072,
            0,
            false,
            true);

    // The same layers, heads and sizes as 3.1, so the same times.
    private static final EngineProfile LLAMA_33_70B =
            LLAMA_70B.named("llama-3.3-70b-h100-tp4", "meta-llama/Llama-3.3-70B-Instruct");

    /** Checks the ranges; every violated one is an {@link IllegalArgumentException} that names the field. */
    public EngineProfile {
        atLeast("stepBaseMillis", stepBaseMillis, 1e-6);
        atLeast("perSequenceMillis", perSequenceMillis, 0);
        atLeast("perKvTokenMillis", perKvTokenMillis, 0);
        atLeast("perPrefillTokenMillis", perPrefillTokenMillis, 0);
        atLeast("perPrefillTokenContextMillis", perPrefillTokenContextMillis, 0);
        atLeast("requestOverheadMillis", requestOverheadMillis, 0);
        atLeast("jitter", jitter, 0);
        atLeast("jitter below 1: 1 - jitter", 1 - jitter, 1e-9);
        atLeast("kvBlocks", kvBlocks, 1);
        atLeast("blockSize", blockSize, 1);
        atLeast("kvBytesPerToken", kvBytesPerToken, 1);
        atLeast("maxNumSeqs", maxNumSeqs, 1);
        atLeast("maxNumBatchedTokens", maxNumBatchedTokens, 1);
        atLeast("maxModelLen", maxModelLen, 2);
        atLeast("maxNumQueuedReqs", maxNumQueuedReqs, 0);
    }

    /** Llama 3.1 8B on one H100: the default. */
    public static EngineProfile llama8b() {
        return LLAMA_8B;
    }

    /** Qwen3 32B on two H100. */
    public static EngineProfile qwen32b() {
        return QWEN_32B;
    }

    /** Llama 3.1 70B on four H100. */
    public static EngineProfile llama70b() {
        return LLAMA_70B;
    }

    /** Llama 3.3 70B on four H100. */
    public static EngineProfile llama33of70b() {
        return LLAMA_33_70B;
    }

    /** All built-ins, the default first. */
    public static List<EngineProfile> builtIns() {
        return List.of(LLAMA_8B, QWEN_32B, LLAMA_70B, LLAMA_33_70B);
    }

    /** The same engine under other names. */
    public EngineProfile named(String otherName, String otherModel) {
        return new EngineProfile(
                otherName,
                otherModel,
                stepBaseMillis,
                perSequenceMillis,
                perKvTokenMillis,
                perPrefillTokenMillis,
                perPrefillTokenContextMillis,
                requestOverheadMillis,
                jitter,
                kvBlocks,
                blockSize,
                kvBytesPerToken,
                maxNumSeqs,
                maxNumBatchedTokens,
                maxModelLen,
                maxNumQueuedReqs,
                priorityPolicy,
                prefixCaching);
    }

    /** Tokens that the cache holds. */
    public long kvTokens() {
        return (long) kvBlocks * blockSize;
    }

    /**
     * The same engine with every duration multiplied: 0.1 runs ten times as fast, 2 at half speed.
     *
     * @param factor above 0
     */
    public EngineProfile withTimeScale(double factor) {
        return new EngineProfile(
                name,
                model,
                stepBaseMillis * factor,
                perSequenceMillis * factor,
                perKvTokenMillis * factor,
                perPrefillTokenMillis * factor,
                perPrefillTokenContextMillis * factor,
                requestOverheadMillis * factor,
                jitter,
                kvBlocks,
                blockSize,
                kvBytesPerToken,
                maxNumSeqs,
                maxNumBatchedTokens,
                maxModelLen,
                maxNumQueuedReqs,
                priorityPolicy,
                prefixCaching);
    }

    /** The same engine with a cache of so many blocks of so many tokens. */
    public EngineProfile withCache(int blocks, int tokensPerBlock) {
        return new EngineProfile(
                name,
                model,
                stepBaseMillis,
                perSequenceMillis,
                perKvTokenMillis,
                perPrefillTokenMillis,
                perPrefillTokenContextMillis,
                requestOverheadMillis,
                jitter,
                blocks,
                tokensPerBlock,
                kvBytesPerToken,
                maxNumSeqs,
                maxNumBatchedTokens,
                maxModelLen,
                maxNumQueuedReqs,
                priorityPolicy,
                prefixCaching);
    }

    /** The same engine with other scheduler limits, as {@code vllm serve} options of these names. */
    public EngineProfile withLimits(int maxSeqs, int maxBatchedTokens, int maxLength, int maxQueued) {
        return new EngineProfile(
                name,
                model,
                stepBaseMillis,
                perSequenceMillis,
                perKvTokenMillis,
                perPrefillTokenMillis,
                perPrefillTokenContextMillis,
                requestOverheadMillis,
                jitter,
                kvBlocks,
                blockSize,
                kvBytesPerToken,
                maxSeqs,
                maxBatchedTokens,
                maxLength,
                maxQueued,
                priorityPolicy,
                prefixCaching);
    }

    /** The same engine with other policies. */
    public EngineProfile withPolicies(boolean byPriority, boolean caching, double noise) {
        return new EngineProfile(
                name,
                model,
                stepBaseMillis,
                perSequenceMillis,
                perKvTokenMillis,
                perPrefillTokenMillis,
                perPrefillTokenContextMillis,
                requestOverheadMillis,
                noise,
                kvBlocks,
                blockSize,
                kvBytesPerToken,
                maxNumSeqs,
                maxNumBatchedTokens,
                maxModelLen,
                maxNumQueuedReqs,
                byPriority,
                caching);
    }

    private static void atLeast(String field, double value, double least) {
        if (!(value >= least) || Double.isInfinite(value)) {
            throw new IllegalArgumentException("profile: " + field + " must be at least " + least + ", not " + value);
        }
    }
}
