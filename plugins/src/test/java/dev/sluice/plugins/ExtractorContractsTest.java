package dev.sluice.plugins;

import dev.sluice.spi.Factory;
import dev.sluice.spi.testkit.ExtractorContract;
import java.util.List;
import org.junit.jupiter.api.Nested;

/** Every built-in of this kind keeps the contract that third parties' are held to. */
class ExtractorContractsTest {
    @Nested
    class CoreMetrics extends ExtractorContract<CoreMetricsConfig> {
        @Override
        protected Factory<CoreMetricsConfig> factory() {
            return Golden.factory("core-metrics-extractor", CoreMetricsConfig.class);
        }

        @Override
        protected CoreMetricsConfig validConfig() {
            return new CoreMetricsConfig(
                    "llm-d.ai/engine-type",
                    "vllm",
                    List.of(new CoreMetricsConfig.EngineConfig(
                            "vllm",
                            "",
                            "",
                            "",
                            "",
                            "my_cache",
                            "tokens",
                            "blocks",
                            "",
                            "",
                            List.of(new CoreMetricsConfig.CustomMetric("mine", "my_metric{a=b}", false)))));
        }

        @Override
        protected List<String> metrics() {
            return List.of("my_metric", "my_cache");
        }
    }
}
