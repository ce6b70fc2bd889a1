package dev.sluice.plugins;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.plugins.CoreMetricsConfig.CustomMetric;
import dev.sluice.plugins.CoreMetricsConfig.EngineConfig;
import dev.sluice.spi.ConfigException;
import dev.sluice.spi.Endpoint;
import dev.sluice.spi.testkit.TestCandidates;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CoreMetricsExtractorTest {
    private static final EngineConfig MINE = new EngineConfig(
            "mine",
            "my_queue{state=waiting}",
            "my_running",
            "my_kv",
            "",
            "my_cache",
            "tokens",
            "blocks",
            "",
            "",
            List.of(new CustomMetric("joules", "my_energy{unit=\"J\"}", false)));
    private static final CoreMetricsExtractor EXTRACTOR =
            new CoreMetricsExtractor(new CoreMetricsConfig("llm-d.ai/engine-type", "vllm", List.of(MINE)));
    private static final Endpoint ITS = TestCandidates.endpoint("e0", Map.of("llm-d.ai/engine-type", "mine"));

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '~', textBlock = """
            my_queue   | state="waiting",model="m" | 7    | {signal/waiting=7.0}
            my_queue   | state="swapped"           | 7    | {}
            my_running | ~~                        | 3    | {signal/running=3.0}
            my_kv      | model="m"                 | 0.5  | {signal/kv_usage=0.5}
            my_cache   | tokens="32",blocks="100"  | 1    | {signal/block_size=32.0, signal/kv_blocks=100.0}
            my_cache   | tokens="many"             | 1    | {signal/block_size=NaN, signal/kv_blocks=NaN}
            my_energy  | unit="J"                  | 12.5 | {joules=12.5}
            my_energy  | unit="kJ"                 | 12.5 | {}
            other      | ~~                        | 1    | {}
            """)
    void samplesBecomeSignalsAndAttributes(String metric, String labels, double value, String expected) {
        assertThat(extracted(ITS, metric, labels, value)).hasToString(expected);
    }

    @Test
    void onlyWhatIsConfiguredForTheEndpointsEngineIsRead() {
        assertThat(extracted(TestCandidates.endpoint("e1", Map.of()), "my_running", "", 3))
                .isEmpty();
        assertThat(extracted(
                        TestCandidates.endpoint("e1", Map.of("inference.networking.k8s.io/engine-type", "mine")),
                        "my_running",
                        "",
                        3))
                .containsKey("signal/running");
        assertThat(EXTRACTOR.wants("my_queue")).isTrue();
        assertThat(EXTRACTOR.wants("vllm:num_requests_waiting")).isFalse();
    }

    @Test
    void endpointsWithoutALabelAreOfTheDefaultEngine() {
        CoreMetricsExtractor extractor =
                new CoreMetricsExtractor(new CoreMetricsConfig("llm-d.ai/engine-type", "mine", List.of(MINE)));
        Map<String, Double> set = new TreeMap<>();
        extractor.extract(
                TestCandidates.endpoint("e1", Map.of()), "my_running", "", 3, (i, name, v) -> set.put(name, v));
        assertThat(set).containsKey("signal/running");
    }

    @ParameterizedTest
    @ValueSource(strings = {"1abc", "a{", "a{b}", "a{b=}", "a{b=\"c}", "a b", "{a=b}"})
    void whatIsNoMetricIsRefused(String spec) {
        assertThatThrownBy(() -> MetricSpec.parse(spec)).isInstanceOf(ConfigException.class);
    }

    @Test
    void metricsAreReadAsLlmdWritesThem() {
        assertThat(MetricSpec.parse("a:b{x=1, y=\"two words\",}"))
                .isEqualTo(new MetricSpec("a:b", Map.of("x", "1", "y", "two words")));
        assertThat(MetricSpec.parse(" a{} ")).isEqualTo(new MetricSpec("a", Map.of()));
        assertThat(MetricSpec.parse("a{q=\"say \\\"hi\\\"\"}").matches("q=\"say \\\"hi\\\"\",z=\"1\""))
                .isTrue();
        assertThatThrownBy(() -> new EngineConfig(
                        "x", "", "", "", "my_lora", "", "block_size", "num_gpu_blocks", "", "", List.of()))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("my_lora");
    }

    private static Map<String, Double> extracted(Endpoint endpoint, String metric, String labels, double value) {
        Map<String, Double> set = new TreeMap<>();
        EXTRACTOR.extract(endpoint, metric, labels == null ? "" : labels, value, (i, name, v) -> set.put(name, v));
        return set;
    }
}
