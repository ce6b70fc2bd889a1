package dev.sluice.plugins;

import dev.sluice.spi.ConfigException;
import dev.sluice.spi.Default;
import dev.sluice.spi.Doc;
import dev.sluice.spi.OneOf;
import dev.sluice.spi.Range;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * Parameters of {@code precise-prefix-cache-producer}, and of {@code precise-prefix-cache-scorer}, which has its own. The index
 * is the gateway's; the ports under {@code kvEventsConfig} say where engines publish that have no {@code kvEvents} of their own.
 *
 * @param tokenProcessorConfig blocks and their names
 * @param indexerConfig how large the index is there
 * @param kvEventsConfig where engines publish
 * @param speculativeIndexing taken for llm-d's sake
 */
public record PrecisePrefixCacheConfig(
        @Doc("Blocks and their names.") Optional<TokenProcessor> tokenProcessorConfig,

        @Doc("Has no effect: kvIndex.blocks bounds the index.")
        Optional<Indexer> indexerConfig,

        @Doc("Where engines publish KV events.") Optional<KvEvents> kvEventsConfig,

        @Doc("Has no effect: what was sent to an engine a moment ago always counts.") @Default("false")
        boolean speculativeIndexing) {
    /**
     * Blocks and their names.
     *
     * @param blockSizeTokens where an engine's own size is not known
     * @param blockSize its older name
     * @param hashSeed taken for llm-d's sake
     * @param hashAlgorithm taken for llm-d's sake
     */
    public record TokenProcessor(
            @Doc("Tokens per block, where the engine's own size is not known.")
            @Default("16")
            @Range(min = 1, max = 65536)
            int blockSizeTokens,

            @Doc("Older name of blockSizeTokens.") @Range(min = 1, max = 65536)
            OptionalInt blockSize,

            @Doc("Has no effect: names of blocks never leave the gateway.") @Default("\"\"")
            String hashSeed,

            @Doc("Has no effect, as hashSeed.") @Default("cbor-fnv") @OneOf({"cbor-fnv", "xxh64"})
            String hashAlgorithm) {}

    /**
     * How large the index is in llm-d.
     *
     * @param kvBlockIndexConfig taken for llm-d's sake
     * @param tokenProcessorConfig older place of the one beside it
     */
    public record Indexer(
            @Doc("Has no effect.") Optional<BlockIndex> kvBlockIndexConfig,
            @Doc("Older place of tokenProcessorConfig.") Optional<TokenProcessor> tokenProcessorConfig) {
        /**
         * Its stores.
         *
         * @param enableMetrics taken for llm-d's sake
         * @param inMemoryConfig taken for llm-d's sake
         */
        public record BlockIndex(
                @Doc("Has no effect: there are metrics.") @Default("false")
                boolean enableMetrics,

                @Doc("Has no effect.") Optional<InMemory> inMemoryConfig) {
            /**
             * Its size.
             *
             * @param size keys
             * @param podCacheSize engines per key
             */
            public record InMemory(
                    @Doc("Has no effect.") @Default("100000000") @Range(min = 1)
                    int size,

                    @Doc("Has no effect: every engine that holds a block counts.") @Default("10") @Range(min = 1)
                    int podCacheSize) {}
        }
    }

    /**
     * Where engines publish.
     *
     * @param topicFilter taken for llm-d's sake
     * @param concurrency taken for llm-d's sake
     * @param discoverPods whether engines that are listed are listened to
     * @param podDiscoveryConfig at which ports
     * @param engineType taken for llm-d's sake
     * @param zmqEndpoint where engines would connect to; refused
     */
    public record KvEvents(
            @Doc("Has no effect: an engine is known by its address, whatever its topic.") @Default("\"kv@\"")
            String topicFilter,

            @Doc("Has no effect: one thread reads, one applies.") @Default("4") @Range(min = 1)
            int concurrency,

            @Doc("false: only engines with kvEvents of their own are listened to.") @Default("true")
            boolean discoverPods,

            @Doc("At which ports.") Optional<Ports> podDiscoveryConfig,

            @Doc("Has no effect: both are understood.") @Default("vllm") @OneOf({"vllm", "sglang"})
            String engineType,

            @Doc("Refused: engines do not connect to the gateway, it connects to them.") @Default("\"\"")
            String zmqEndpoint) {
        /**
         * Refuses a socket for engines to connect to.
         *
         * @throws ConfigException when there is one
         */
        public KvEvents {
            if (!zmqEndpoint.isEmpty()) {
                throw new ConfigException(
                        "zmqEndpoint: engines do not connect to the gateway; let each publish at a port of its own");
            }
        }

        /**
         * Ports.
         *
         * @param podLabelSelector taken for llm-d's sake
         * @param socketPort of the events
         * @param replaySocketPort of the replays; empty for none
         */
        public record Ports(
                @Doc("Has no effect: the endpoints that are listed count.") @Default("\"\"")
                String podLabelSelector,

                @Doc("Port at which each engine publishes.") @Default("5557") @Range(min = 1, max = 65535)
                int socketPort,

                @Doc("Port at which it repeats; absent: it does not.") @Range(min = 1, max = 65535)
                OptionalInt replaySocketPort) {}
    }

    /** What the producer publishes is as the gateway's index has it, in the engine's own blocks. */
    ApproxPrefixCacheConfig published() {
        int size = tokenProcessorConfig
                .or(() -> indexerConfig.flatMap(Indexer::tokenProcessorConfig))
                .map(blocks -> blocks.blockSize().orElse(blocks.blockSizeTokens()))
                .orElse(16);
        return new ApproxPrefixCacheConfig(true, size, 0, 0, 1);
    }
}
