package dev.sluice.plugins;

import dev.sluice.spi.ConfigException;
import dev.sluice.spi.Default;
import dev.sluice.spi.Doc;
import java.util.List;

/**
 * Parameters of {@code core-metrics-extractor}.
 *
 * @param engineLabelKey label that says which engine an endpoint runs
 * @param defaultEngine engine of endpoints without the label
 * @param engineConfigs what is read from pages of which engine
 */
public record CoreMetricsConfig(
        @Doc("Label that says which engine an endpoint runs; inference.networking.k8s.io/engine-type is looked at too.")
        @Default("llm-d.ai/engine-type")
        String engineLabelKey,

        @Doc("Engine of endpoints without the label.") @Default("vllm")
        String defaultEngine,

        @Doc("What is read from the pages of which engine, beside what the gateway reads by itself.") @Default("[]")
        List<EngineConfig> engineConfigs) {
    /** Copies the list. */
    public CoreMetricsConfig {
        engineConfigs = List.copyOf(engineConfigs);
    }

    /**
     * What is read of one engine. What is empty is read by the gateway's own list of metrics, which knows vLLM, SGLang,
     * TensorRT-LLM and Triton.
     *
     * @param name of the engine
     * @param queuedRequestsSpec waiting requests
     * @param runningRequestsSpec running requests
     * @param kvUsageSpec use of the KV cache, 0..1
     * @param loraSpec adapters: only vLLM's own
     * @param cacheInfoSpec a metric whose labels say how large the cache is
     * @param cacheBlockSizeLabelName its label with the tokens per block
     * @param cacheNumBlocksLabelName its label with the number of blocks
     * @param cacheBlockSizeSpec tokens per block
     * @param cacheNumBlocksSpec number of blocks
     * @param customMetrics metrics that become attributes
     */
    public record EngineConfig(
            @Doc("Name of the engine, as the label has it.") String name,

            @Doc("Waiting requests.") @Default("\"\"") String queuedRequestsSpec,
            @Doc("Running requests.") @Default("\"\"") String runningRequestsSpec,

            @Doc("Use of the KV cache, 0..1.") @Default("\"\"")
            String kvUsageSpec,

            @Doc("Adapters; only vllm:lora_requests_info, which the gateway reads by itself.") @Default("\"\"")
            String loraSpec,

            @Doc("A metric whose labels say how large the KV cache is.") @Default("\"\"")
            String cacheInfoSpec,

            @Doc("Label of cacheInfoSpec with the tokens per block.") @Default("block_size")
            String cacheBlockSizeLabelName,

            @Doc("Label of cacheInfoSpec with the number of blocks.") @Default("num_gpu_blocks")
            String cacheNumBlocksLabelName,

            @Doc("Tokens per block.") @Default("\"\"") String cacheBlockSizeSpec,
            @Doc("Number of blocks.") @Default("\"\"") String cacheNumBlocksSpec,

            @Doc("Metrics that become attributes.") @Default("[]")
            List<CustomMetric> customMetrics) {
        private static final String VLLM_LORA = "vllm:lora_requests_info";

        /**
         * Copies the list and checks the adapters.
         *
         * @throws ConfigException when another metric than vLLM's is to tell of adapters
         */
        public EngineConfig {
            customMetrics = List.copyOf(customMetrics);
            if (!loraSpec.isEmpty() && !loraSpec.strip().equals(VLLM_LORA)) {
                throw new ConfigException("loraSpec '" + loraSpec + "' is not supported; allowed: " + VLLM_LORA);
            }
        }
    }

    /**
     * A metric that becomes an attribute.
     *
     * @param attributeKey the attribute's name
     * @param metricSpec the metric
     * @param optional taken for llm-d's sake: a metric that is missing is unknown and no error
     */
    public record CustomMetric(
            @Doc("Name of the attribute.") String attributeKey,

            @Doc("The metric: name or name{label=value}.") String metricSpec,

            @Doc("Has no effect: a metric that a page lacks is unknown.") @Default("false")
            boolean optional) {
        /**
         * Checks the name.
         *
         * @throws ConfigException when it is empty
         */
        public CustomMetric {
            if (attributeKey.isBlank()) {
                throw new ConfigException("attributeKey must be the name of an attribute");
            }
        }
    }
}
