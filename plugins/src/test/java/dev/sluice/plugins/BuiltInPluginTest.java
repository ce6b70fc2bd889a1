package dev.sluice.plugins;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.spi.ConfigException;
import dev.sluice.spi.Default;
import dev.sluice.spi.Doc;
import dev.sluice.spi.Factory;
import dev.sluice.spi.Part;
import dev.sluice.spi.Plugin;
import dev.sluice.spi.PluginContext;
import dev.sluice.spi.ProfileHandler;
import java.lang.reflect.RecordComponent;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.ServiceLoader;
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
                .containsExactlyInAnyOrder(
                        "label-selector-filter",
                        "decode-filter",
                        "prefill-filter",
                        "queue-scorer",
                        "running-requests-size-scorer",
                        "kv-cache-utilization-scorer",
                        "load-aware-scorer",
                        "prefix-cache-scorer",
                        "active-request-scorer",
                        "token-load-scorer",
                        "session-affinity-scorer",
                        "least-work-scorer",
                        "max-score-picker",
                        "random-picker",
                        "single-profile-handler",
                        "disagg-profile-handler",
                        "pd-profile-handler",
                        "always-disagg-pd-decider",
                        "prefix-based-pd-decider",
                        "least-work-pd-decider",
                        "nixl",
                        "shared-storage",
                        "offloading",
                        "lmcache",
                        "mooncake",
                        "sglang",
                        "sidecar");
    }

    @Test
    void everyParameterHasADefaultAndASentence() {
        for (Factory<?> factory : plugin.factories()) {
            for (RecordComponent component : factory.config().getRecordComponents()) {
                assertThat(component.isAnnotationPresent(Doc.class))
                        .as(factory.type() + "." + component.getName())
                        .isTrue();
                assertThat(component.isAnnotationPresent(Default.class) || component.getType() == Optional.class)
                        .as(factory.type() + "." + component.getName())
                        .isTrue();
            }
        }
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
    }

    @Test
    void whatIsNotThereYetIsRefusedByName() {
        assertThatThrownBy(() -> new PrefixCacheConfig("exact-kv", 0, 8192))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("'exact-kv' is not supported yet");
        assertThatThrownBy(() -> new ActiveRequestConfig(0, 1, "mine"))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("'mine' is not supported yet");
        assertThatThrownBy(() -> new SessionAffinityConfig("encoded_endpoint_header"))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("use session_id");
        assertThatThrownBy(() -> new SessionAffinityConfig("other")).isInstanceOf(ConfigException.class);
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
                .collect(java.util.stream.Collectors.toMap(
                        RecordComponent::getName,
                        component -> component.getAnnotation(Default.class).value()));
    }
}
