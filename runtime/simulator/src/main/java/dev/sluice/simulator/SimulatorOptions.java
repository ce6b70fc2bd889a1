package dev.sluice.simulator;

import dev.sluice.simulator.events.EventOptions;
import dev.sluice.simulator.transfer.TransferOptions;
import dev.sluice.spi.Role;
import java.util.List;

/**
 * Options of one stand-in; each is an option of {@code ./sluice simulator}. Where a number may be 0, 0 means "as the profile
 * says".
 *
 * @param host address to listen on
 * @param port to listen on; 0 takes a free one
 * @param role what it is to the gateway; with the SGLang connector also which leg of an exchange it has
 * @param model served name, also its first alias; empty for the profile's
 * @param aliases further served names
 * @param adapters names of LoRA adapters that are loaded
 * @param profile a built-in's name or a YAML or JSON file, see {@link ProfileFile}
 * @param timeScale every duration is multiplied by this, above 0; 0.1 is ten times as fast
 * @param seed of noise, of the answers' content and of faults
 * @param kvBlocks blocks of cache; 0 for the profile's
 * @param blockSize tokens in a block; 0 for the profile's
 * @param maxNumSeqs most sequences in a batch; 0 for the profile's
 * @param maxNumBatchedTokens most tokens in a step; 0 for the profile's
 * @param maxModelLen context length; 0 for the profile's
 * @param maxNumQueuedReqs most requests waiting and running before 503; 0 for no limit
 * @param priorityScheduling whether {@code priority} orders the queue
 * @param prefixCaching whether the prefix cache is on
 * @param outputTokens mean length of an answer that ends by itself, at least 1
 * @param task which routes exist: {@code generate}, {@code embed}, {@code score}, or {@code all} for every one
 * @param promptTokensDetails whether usage shows cached tokens, as {@code --enable-prompt-tokens-details}
 * @param requestIdHeaders whether responses carry {@code x-request-id}, as {@code --enable-request-id-headers}
 * @param forceIncludeUsage whether streams end with usage unasked, as {@code --enable-force-include-usage}
 * @param scaleOut whether {@code /inference/v1/generate} and the render routes are open, as {@code --enable-scale-out}
 * @param transfer how it shares KV with others
 * @param events how it publishes what its cache holds
 * @param devMode whether it has vLLM's development routes, as with {@code VLLM_SERVER_DEV_MODE=1}
 * @param runtimeLora whether adapters can be loaded, as with {@code VLLM_ALLOW_RUNTIME_LORA_UPDATING=1}
 * @param maxLoras most different adapters in a step, at least 1
 */
public record SimulatorOptions(
        String host,
        int port,
        Role role,
        String model,
        List<String> aliases,
        List<String> adapters,
        String profile,
        double timeScale,
        long seed,
        int kvBlocks,
        int blockSize,
        int maxNumSeqs,
        int maxNumBatchedTokens,
        int maxModelLen,
        int maxNumQueuedReqs,
        boolean priorityScheduling,
        boolean prefixCaching,
        int outputTokens,
        String task,
        boolean promptTokensDetails,
        boolean requestIdHeaders,
        boolean forceIncludeUsage,
        boolean scaleOut,
        TransferOptions transfer,
        EventOptions events,
        boolean devMode,
        boolean runtimeLora,
        int maxLoras) {

    /** Checks the ranges; {@link IllegalArgumentException} names the option. */
    public SimulatorOptions {
        aliases = List.copyOf(aliases);
        adapters = List.copyOf(adapters);
        check(port >= 0 && port <= 65_535, "port is 0 to 65535, not " + port);
        check(timeScale > 0 && timeScale <= 1000, "time-scale is above 0 and at most 1000, not " + timeScale);
        check(kvBlocks >= 0, "kv-blocks is not negative: " + kvBlocks);
        check(blockSize >= 0, "block-size is not negative: " + blockSize);
        check(maxNumSeqs >= 0, "max-num-seqs is not negative: " + maxNumSeqs);
        check(maxNumBatchedTokens >= 0, "max-num-batched-tokens is not negative: " + maxNumBatchedTokens);
        check(maxModelLen >= 0 && maxModelLen != 1, "max-model-len is 0 or at least 2: " + maxModelLen);
        check(maxNumQueuedReqs >= 0, "max-num-queued-reqs is not negative: " + maxNumQueuedReqs);
        check(maxLoras > 0, "max-loras is at least 1: " + maxLoras);
        check(outputTokens > 0, "output-tokens is at least 1: " + outputTokens);
        check(
                List.of("generate", "embed", "score", "all").contains(task),
                "task is generate, embed, score or all, not " + task);
    }

    /** A free port on the loopback, the default profile. */
    public static SimulatorOptions defaults() {
        return builder().build();
    }

    public static Builder builder() {
        return new Builder();
    }

    /**
     * The engine these options ask for.
     *
     * @throws IllegalArgumentException when the profile does not exist or is wrong
     */
    public EngineProfile engineProfile() {
        var base = ProfileFile.named(profile);
        var blocks = kvBlocks > 0 ? kvBlocks : base.kvBlocks();
        if (kvBlocks == 0 && blockSize > 0) {
            blocks = (int) Math.max(1, base.kvTokens() / blockSize);
        }
        var cached = base.withCache(blocks, blockSize > 0 ? blockSize : base.blockSize());
        var length = Math.min(maxModelLen > 0 ? maxModelLen : base.maxModelLen(), cached.kvTokens());
        return cached.withLimits(
                        maxNumSeqs > 0 ? maxNumSeqs : base.maxNumSeqs(),
                        maxNumBatchedTokens > 0 ? maxNumBatchedTokens : base.maxNumBatchedTokens(),
                        (int) Math.max(2, length),
                        maxNumQueuedReqs > 0 ? maxNumQueuedReqs : base.maxNumQueuedReqs())
                .withPolicies(
                        priorityScheduling || base.priorityPolicy(),
                        prefixCaching && base.prefixCaching(),
                        base.jitter())
                .withTimeScale(timeScale);
    }

    /** The same on another port. */
    public SimulatorOptions withPort(int newPort) {
        return toBuilder().port(newPort).build();
    }

    /** A builder that begins with these. */
    public Builder toBuilder() {
        return new Builder(this);
    }

    /** The first served name. */
    public String servedModel() {
        return model.isEmpty() ? ProfileFile.named(profile).model() : model;
    }

    private static void check(boolean holds, String message) {
        if (!holds) {
            throw new IllegalArgumentException(message);
        }
    }

    /** Collects options; every setter is the option of its name. */
    public static final class Builder {
        private String host = "127.0.0.1";
        private int port;
        private Role role = Role.BOTH;
        private String model = "";
        private List<String> aliases = List.of();
        private List<String> adapters = List.of();
        private String profile = EngineProfile.llama8b().name();
        private double timeScale = 1;
        private long seed = 1;
        private int kvBlocks;
        private int blockSize;
        private int maxNumSeqs;
        private int maxNumBatchedTokens;
        private int maxModelLen;
        private int maxNumQueuedReqs;
        private boolean priorityScheduling;
        private boolean prefixCaching = true;
        private int outputTokens = 128;
        private String task = "generate";
        private boolean promptTokensDetails = true;
        private boolean requestIdHeaders = true;
        private boolean forceIncludeUsage;
        private boolean scaleOut = true;
        private TransferOptions transfer = TransferOptions.none();
        private EventOptions events = EventOptions.none();
        private boolean devMode;
        private boolean runtimeLora;
        private int maxLoras = 1;

        private Builder() {}

        private Builder(SimulatorOptions from) {
            host = from.host;
            port = from.port;
            role = from.role;
            model = from.model;
            aliases = from.aliases;
            adapters = from.adapters;
            profile = from.profile;
            timeScale = from.timeScale;
            seed = from.seed;
            kvBlocks = from.kvBlocks;
            blockSize = from.blockSize;
            maxNumSeqs = from.maxNumSeqs;
            maxNumBatchedTokens = from.maxNumBatchedTokens;
            maxModelLen = from.maxModelLen;
            maxNumQueuedReqs = from.maxNumQueuedReqs;
            priorityScheduling = from.priorityScheduling;
            prefixCaching = from.prefixCaching;
            outputTokens = from.outputTokens;
            task = from.task;
            promptTokensDetails = from.promptTokensDetails;
            requestIdHeaders = from.requestIdHeaders;
            forceIncludeUsage = from.forceIncludeUsage;
            scaleOut = from.scaleOut;
            transfer = from.transfer;
            events = from.events;
            devMode = from.devMode;
            runtimeLora = from.runtimeLora;
            maxLoras = from.maxLoras;
        }

        public Builder host(String value) {
            host = value;
            return this;
        }

        public Builder port(int value) {
            port = value;
            return this;
        }

        public Builder role(Role value) {
            role = value;
            return this;
        }

        public Builder model(String value) {
            model = value;
            return this;
        }

        public Builder aliases(List<String> value) {
            aliases = value;
            return this;
        }

        public Builder adapters(List<String> value) {
            adapters = value;
            return this;
        }

        public Builder profile(String value) {
            profile = value;
            return this;
        }

        public Builder timeScale(double value) {
            timeScale = value;
            return this;
        }

        public Builder seed(long value) {
            seed = value;
            return this;
        }

        public Builder kvBlocks(int value) {
            kvBlocks = value;
            return this;
        }

        public Builder blockSize(int value) {
            blockSize = value;
            return this;
        }

        public Builder maxNumSeqs(int value) {
            maxNumSeqs = value;
            return this;
        }

        public Builder maxNumBatchedTokens(int value) {
            maxNumBatchedTokens = value;
            return this;
        }

        public Builder maxModelLen(int value) {
            maxModelLen = value;
            return this;
        }

        public Builder maxNumQueuedReqs(int value) {
            maxNumQueuedReqs = value;
            return this;
        }

        public Builder priorityScheduling(boolean value) {
            priorityScheduling = value;
            return this;
        }

        public Builder prefixCaching(boolean value) {
            prefixCaching = value;
            return this;
        }

        public Builder outputTokens(int value) {
            outputTokens = value;
            return this;
        }

        public Builder task(String value) {
            task = value;
            return this;
        }

        public Builder promptTokensDetails(boolean value) {
            promptTokensDetails = value;
            return this;
        }

        public Builder requestIdHeaders(boolean value) {
            requestIdHeaders = value;
            return this;
        }

        public Builder forceIncludeUsage(boolean value) {
            forceIncludeUsage = value;
            return this;
        }

        public Builder scaleOut(boolean value) {
            scaleOut = value;
            return this;
        }

        public Builder transfer(TransferOptions value) {
            transfer = value;
            return this;
        }

        public Builder events(EventOptions value) {
            events = value;
            return this;
        }

        public Builder devMode(boolean value) {
            devMode = value;
            return this;
        }

        public Builder runtimeLora(boolean value) {
            runtimeLora = value;
            return this;
        }

        public Builder maxLoras(int value) {
            maxLoras = value;
            return this;
        }

        public SimulatorOptions build() {
            return new SimulatorOptions(
                    host,
                    port,
                    role,
                    model,
                    aliases,
                    adapters,
                    profile,
                    timeScale,
                    seed,
                    kvBlocks,
                    blockSize,
                    maxNumSeqs,
                    maxNumBatchedTokens,
                    maxModelLen,
                    maxNumQueuedReqs,
                    priorityScheduling,
                    prefixCaching,
                    outputTokens,
                    task,
                    promptTokensDetails,
                    requestIdHeaders,
                    forceIncludeUsage,
                    scaleOut,
                    transfer,
                    events,
                    devMode,
                    runtimeLora,
                    maxLoras);
        }
    }
}
