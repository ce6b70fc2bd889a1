package dev.sluice.gateway.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import dev.sluice.spi.Endpoint;
import dev.sluice.spi.Role;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PickerConfigTest {
    private static final String PLUGINS = """
            plugins:
              - type: queue-scorer
              - {type: prefix-cache-scorer, name: kv, parameters: {matchLengthWeight: 0.25}}
            schedulingProfiles: [{name: a, plugins: [{pluginRef: queue-scorer}, {pluginRef: kv, weight: 3}]}]
            """;
    private static final String KIND = "apiVersion: llm-d.ai/v1alpha1\nkind: EndpointPickerConfig\n";

    @TempDir
    Path directory;

    private Loaded load(String text, Optional<String> endpoints) {
        Path file = Loads.write(directory, "epp.yaml", text);
        return new ConfigLoader(name -> Optional.empty()).load(file, Catalog.onClassPath(), overrides(endpoints));
    }

    private Overrides overrides(Optional<String> endpoints) {
        return new Overrides(
                OptionalInt.of(0),
                OptionalInt.of(0),
                OptionalInt.empty(),
                endpoints.map(rows -> Loads.write(directory, "endpoints.yaml", rows)),
                Optional.empty());
    }

    private GatewayConfig good(String text, Optional<String> endpoints) {
        Loaded loaded = load(text, endpoints);
        return loaded.config().orElseThrow(() -> new AssertionError(loaded.errors()));
    }

    @Test
    void aPickersConfigurationIsOnePoolThatServesWhateverItsEnginesList() {
        GatewayConfig config = good(KIND + PLUGINS, Optional.of("""
                endpoints:
                  - {name: vllm-0, address: "10.0.0.1", port: "8000", labels: {llm-d.ai/role: decode}}
                  - {name: vllm-1, namespace: models, address: "10.0.0.2", port: 8000}
                """));

        PoolConfig pool = config.pools().getFirst();
        assertThat(config.pools()).hasSize(1);
        assertThat(pool.models()).isEqualTo(Models.DISCOVER);
        assertThat(EndpointsFile.read(pool.discovery().orElseThrow().file().orElseThrow())
                        .endpoints())
                .containsExactly(
                        new Endpoint("vllm-0", "10.0.0.1:8000", Role.DECODE, Map.of(Role.LABEL, "decode")),
                        new Endpoint("models/vllm-1", "10.0.0.2:8000", Role.BOTH, Map.of()));
        assertThat(config.metrics().compatibility()).isEqualTo(MetricsConfig.Compatibility.LLM_D);
        RoutingConfig routing = config.routingOf(pool);
        assertThat(routing.plugins())
                .extracting(RoutingConfig.PluginEntry::type, RoutingConfig.PluginEntry::name)
                .containsExactly(tuple("queue-scorer", "queue-scorer"), tuple("prefix-cache-scorer", "kv"));
        assertThat(routing.schedulingProfiles())
                .containsExactly(new RoutingConfig.Profile(
                        "a", List.of(new RoutingConfig.Use("queue-scorer", 1), new RoutingConfig.Use("kv", 3))));
    }

    @Test
    void itIsKnownByItsKindItsVersionOrItsListOfPlugins() {
        Optional<String> some = Optional.of("endpoints: []\n");
        assertThat(load("kind: EndpointPickerConfig\n" + PLUGINS, some).errors())
                .isEmpty();
        assertThat(load("apiVersion: llm-d.ai/v1\n" + PLUGINS, some).errors()).isEmpty();
        assertThat(load(PLUGINS, some).errors()).isEmpty();
        assertThat(load("kind: Gateway\n" + PLUGINS, some).errors())
                .extracting(ConfigError::path)
                .contains("schedulingProfiles");
        assertThat(load("apiVersion: llm-d.ai/v1beta7\nkind: EndpointPickerConfig\n" + PLUGINS, some)
                        .errors())
                .extracting(ConfigError::path)
                .containsExactly("apiVersion");
    }

    @Test
    void itsFileOfEndpointsIsThatOfItsDiscoveryPluginUnlessAnOptionNamesAnother() {
        Loads.write(directory, "engines.yaml", "endpoints: []\n");
        String text = KIND + """
                plugins:
                  - {type: queue-scorer}
                  - {type: file-discovery, name: files, parameters: {path: engines.yaml, watchFile: true}}
                dataLayer: {discovery: {endpoints: {pluginRef: files}}}
                """;

        assertThat(file(good(text, Optional.empty()))).isEqualTo(directory.resolve("engines.yaml"));
        assertThat(file(good(text.replace("endpoints: {pluginRef: files}", "pluginRef: files"), Optional.empty())))
                .isEqualTo(directory.resolve("engines.yaml"));
        assertThat(file(good(text, Optional.of("endpoints: []\n")))).isEqualTo(directory.resolve("endpoints.yaml"));
        assertThat(load(text, Optional.empty()).files())
                .containsExactlyInAnyOrder(directory.resolve("epp.yaml"), directory.resolve("engines.yaml"));
    }

    private static Path file(GatewayConfig config) {
        return config.pools().getFirst().discovery().orElseThrow().file().orElseThrow();
    }

    @Test
    void itsMetricsSourceSaysWhereMetricsAreAndWhetherEnginesAreHttps() {
        GatewayConfig config = good(KIND + """
                plugins:
                  - {type: queue-scorer}
                  - {type: metrics-data-source, parameters: {scheme: https, path: /prometheus/metrics, port: 9400, interval: 1s}}
                """, Optional.of("endpoints: []\n"));

        PoolConfig pool = config.pools().getFirst();
        assertThat(pool.metrics()).isEqualTo(new PoolConfig.MetricsPage("/prometheus/metrics", OptionalInt.of(9400)));
        assertThat(pool.tls()).contains(new PoolConfig.Tls(Optional.empty()));
    }

    @Test
    void aPolicyMayBeReadFromAPickersFileButNotAPoolsSettings() {
        Loads.write(directory, "careful.yaml", KIND + PLUGINS + "flowControl: {maxRequests: 5}\n");
        Loads.write(directory, "much.yaml", KIND + """
                plugins: [{type: queue-scorer}, {type: metrics-data-source, parameters: {path: /m}}]
                """);
        String gateway = """
                pools: [{name: p, models: discover, routing: r, endpoints: [{url: "http://h:1"}]}]
                routing: {r: {file: %s}}
                """;

        assertThat(load(gateway.formatted("careful.yaml"), Optional.empty()).errors())
                .isEmpty();
        assertThat(load(gateway.formatted("much.yaml"), Optional.empty()).errors())
                .extracting(ConfigError::path, ConfigError::message)
                .containsExactly(tuple(
                        "routing.r.file",
                        "its plugins also say where the engines or their metrics are, which belongs to the pool:"
                                + " discovery, metrics and tls of pools[]"));
    }

    private static RoutingConfig policy(GatewayConfig config) {
        return config.routingOf(config.pools().getFirst());
    }

    @Test
    void withoutAConfigurationTheBlendIsThatOfLlmd() {
        Loaded loaded = new ConfigLoader(name -> Optional.empty())
                .loadNothing(Catalog.onClassPath(), overrides(Optional.of("endpoints: []\n")));

        RoutingConfig routing = policy(loaded.config().orElseThrow());
        assertThat(routing.schedulingProfiles().getFirst().plugins())
                .containsExactly(
                        new RoutingConfig.Use("queue-scorer", 2),
                        new RoutingConfig.Use("kv-cache-utilization-scorer", 2),
                        new RoutingConfig.Use("prefix-cache-scorer", 3));
        assertThat(loaded.files()).containsExactly(directory.resolve("endpoints.yaml"));
    }

    @Test
    void withoutAPluginThatChoosesOneOfAllIsPickedAtRandomAsInLlmd() {
        RoutingConfig routing =
                policy(good(KIND + "plugins: [{type: metrics-data-source}]\n", Optional.of("endpoints: []\n")));

        assertThat(routing.builtIn()).isFalse();
        assertThat(routing.plugins())
                .extracting(RoutingConfig.PluginEntry::type)
                .containsExactly("max-score-picker");
    }
}
