package dev.sluice.plugins;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.spi.ConfigException;
import dev.sluice.spi.Default;
import dev.sluice.spi.Doc;
import dev.sluice.spi.Factory;
import dev.sluice.spi.Part;
import dev.sluice.spi.Plugin;
import dev.sluice.spi.PluginContext;
import dev.sluice.spi.ProfileHandler;
import java.lang.reflect.RecordComponent;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.ServiceLoader;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class BuiltInPluginTest {
    private static final PluginContext CONTEXT = new PluginContext() {
        @Override
        public String name() {
            return "test";
        }

        @Override
        public System.Logger logger() {
            return System.getLogger("test");
        }

        @Override
        public <P extends Part> P reference(String name, Class<P> kind) {
            throw new ConfigException("there is no " + name);
        }
    };

    private final Plugin plugin = ServiceLoader.load(Plugin.class).stream()
            .map(ServiceLoader.Provider::get)
            .filter(BuiltInPlugin.class::isInstance)
            .findFirst()
            .orElseThrow();

    @Test
    void itIsFoundLikeAnyPluginAndHasAllTypes() {
        assertThat(plugin.id()).matches("[a-z0-9-]+");
        assertThat(plugin.factories())
                .extracting(Factory::type)
                .doesNotHaveDuplicates()
                .contains("decode-filter", "least-work-scorer", "max-score-picker", "agent-identity")
                .allMatch(type -> type.matches("[a-z0-9-]+"));
    }

    @Test
    void everyParameterHasASentence() {
        for (Factory<?> factory : plugin.factories()) {
            for (RecordComponent component : factory.config().getRecordComponents()) {
                assertThat(component.isAnnotationPresent(Doc.class))
                        .as(factory.type() + "." + component.getName())
                        .isTrue();
            }
        }
    }

    @Test
    void onlyWhatLlmdRequiresTooIsRequired() {
        Map<String, List<String>> required = new TreeMap<>();
        for (Factory<?> factory : plugin.factories()) {
            for (RecordComponent component : factory.config().getRecordComponents()) {
                boolean optional = component.isAnnotationPresent(Default.class)
                        || component.getType().getSimpleName().startsWith("Optional");
                if (!optional) {
                    required.computeIfAbsent(factory.type(), type -> new ArrayList<>())
                            .add(component.getName());
                }
            }
        }
        assertThat(required)
                .containsExactly(
                        Map.entry("endpoint-attribute-filter", List.of("attribute", "algorithm")),
                        Map.entry("endpoint-attribute-scorer", List.of("algorithm")),
                        Map.entry("header-label-affinity-scorer", List.of("headerName", "labelKey")),
                        Map.entry("utilization-filter", List.of("conditions")));
    }

    @Test
    void defaultsAreThoseOfLlmd() throws Exception {
        assertThat(defaults("load-aware-scorer")).containsExactly(Map.entry("threshold", "128"));
        assertThat(defaults("prefix-cache-scorer"))
                .containsEntry("matchLengthWeight", "0.0")
                .containsEntry("matchLengthScaleTokens", "8192");
        assertThat(defaults("active-request-scorer"))
                .containsEntry("idleThreshold", "0")
                .containsEntry("maxBusyScore", "1.0");
        assertThat(defaults("token-load-scorer")).containsEntry("queueThresholdTokens", "4194304");
        assertThat(defaults("max-score-picker")).containsEntry("maxNumOfEndpoints", "1");
        assertThat(defaults("random-picker")).containsEntry("maxNumOfEndpoints", "1");
        assertThat(defaults("prefix-based-pd-decider"))
                .containsEntry("nonCachedTokens", "0")
                .containsEntry("promptTokens", "0");
        assertThat(defaults("weighted-random-picker")).containsEntry("maxNumOfEndpoints", "1");
        assertThat(defaults("session-affinity-filter"))
                .containsEntry("strategy", "encoded_endpoint_header")
                .containsEntry("evictionTtlSeconds", "300")
                .containsEntry("evictionSweepSeconds", "10");
        assertThat(defaults("prefix-cache-affinity-filter"))
                .containsEntry("affinityThreshold", "0.8")
                .containsEntry("explorationProbability", "0.0")
                .containsEntry("maxTTFTPenaltyMs", "18000")
                .containsEntry("ttftSource", "prefillThroughput")
                .containsEntry("peakPrefillThroughput", "15928");
        assertThat(defaults("utilization-filter")).containsEntry("fallbackOnEmpty", "false");
        assertThat(defaults("endpoint-attribute-filter"))
                .containsEntry("onMissing", "Pass")
                .containsEntry("fallbackOnEmpty", "false");
        assertThat(defaults("topology-affinity-filter")).containsEntry("minAffinity", "host");
        assertThat(defaults("slo-headroom-tier-filter")).containsEntry("epsilonExploreNeg", "0.01");
        assertThat(defaults("context-length-aware"))
                .containsEntry("label", "llm-d.ai/context-length-range")
                .containsEntry("enableFiltering", "false");
        assertThat(defaults("no-hit-lru-scorer")).containsEntry("lruSize", "1024");
        assertThat(defaults("latency-scorer"))
                .containsEntry("ttftWeight", "0.8")
                .containsEntry("tpotWeight", "0.2")
                .containsEntry("headroomSelectionStrategy", "least")
                .containsEntry("compositeKVWeight", "1.0")
                .containsEntry("compositeQueueWeight", "1.0")
                .containsEntry("compositePrefixWeight", "1.0");
        assertThat(defaults("header-profile-handler"))
                .containsEntry("headerName", "EPP-Profile")
                .containsEntry("defaultProfile", "decode");
        assertThat(defaults("approx-prefix-cache-producer"))
                .containsEntry("autoTune", "true")
                .containsEntry("blockSizeTokens", "16")
                .containsEntry("maxPrefixTokensToMatch", "131072")
                .containsEntry("maxPrefixBlocksToMatch", "2048")
                .containsEntry("lruCapacityPerServer", "31250");
        assertThat(defaults("inflight-load-producer"))
                .containsEntry("addEstimatedOutputTokens", "false")
                .containsEntry("outputRatio", "1.5")
                .containsEntry("syncCrossReplicaState", "true");
        assertThat(defaults("predicted-latency-producer"))
                .containsEntry("sloBufferFactor", "1.0")
                .containsEntry("contextTTL", "5m")
                .containsEntry("streamingMode", "false")
                .containsEntry("predictInProduce", "true");
        assertThat(defaults("utilization-detector"))
                .containsEntry("queueDepthThreshold", "5")
                .containsEntry("kvCacheUtilThreshold", "0.8")
                .containsEntry("metricsStalenessThreshold", "200ms")
                .containsEntry("headroom", "0.0");
        assertThat(defaults("concurrency-detector"))
                .containsEntry("concurrencyMode", "requests")
                .containsEntry("maxConcurrency", "100")
                .containsEntry("maxTokenConcurrency", "1000000")
                .containsEntry("headroom", "0.0");
        assertThat(defaults("probabilistic-admitter"))
                .containsEntry("queueDepthThreshold", "5")
                .containsEntry("kvCacheUtilThreshold", "0.8")
                .containsEntry("power", "5.0")
                .containsEntry("k", "300.0");
        assertThat(defaults("core-metrics-extractor"))
                .containsEntry("engineLabelKey", "llm-d.ai/engine-type")
                .containsEntry("defaultEngine", "vllm");
    }

    @Test
    void theSingleProfileRunsOnce() {
        ProfileHandler handler = new SingleProfileHandler();
        FakeRequest request = new FakeRequest(1);
        assertThat(handler.next(request, List.of("default"), List.of())).contains("default");
        assertThat(handler.next(request, List.of("default"), List.of("default")))
                .isEmpty();
        assertThat(handler.next(request, List.of(), List.of())).isEmpty();
        assertThat(handler.primary(request, List.of("default"))).isEqualTo("default");
    }

    @Test
    void typesWithoutParametersAreMadeFromNothing() {
        for (Factory<?> factory : plugin.factories()) {
            if (factory.config().getRecordComponents().length == 0) {
                try (Part part = make(factory)) {
                    assertThat(part).as(factory.type()).isNotNull();
                }
            }
        }
    }

    private static <C extends Record> Part make(Factory<C> factory) {
        try {
            return factory.create(factory.config().getConstructor().newInstance(), CONTEXT);
        } catch (ReflectiveOperationException e) {
            throw new LinkageError(factory.type(), e);
        }
    }

    private Map<String, String> defaults(String type) {
        Factory<?> factory = plugin.factories().stream()
                .filter(each -> each.type().equals(type))
                .findFirst()
                .orElseThrow();
        return java.util.Arrays.stream(factory.config().getRecordComponents())
                .filter(component -> component.isAnnotationPresent(Default.class))
                .collect(java.util.stream.Collectors.toMap(
                        RecordComponent::getName,
                        component -> component.getAnnotation(Default.class).value()));
    }
}
