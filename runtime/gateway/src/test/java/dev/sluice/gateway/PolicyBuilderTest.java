package dev.sluice.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.core.Policy;
import dev.sluice.gateway.config.Catalog;
import dev.sluice.gateway.config.ConfigLoader;
import dev.sluice.gateway.config.GatewayConfig;
import dev.sluice.gateway.config.Loaded;
import dev.sluice.gateway.config.PluginsConfig;
import dev.sluice.gateway.metrics.Meters;
import dev.sluice.gateway.plugin.PluginGuard;
import dev.sluice.gateway.plugin.PluginWorkers;
import dev.sluice.plugins.BuiltInPlugin;
import dev.sluice.spi.ConfigException;
import dev.sluice.spi.Default;
import dev.sluice.spi.Factory;
import dev.sluice.spi.Plugin;
import dev.sluice.spi.Producer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PolicyBuilderTest {
    @TempDir
    Path directory;

    private final List<String> made = new ArrayList<>();
    private final Meters meters = new Meters("test");
    private final PluginWorkers workers = new PluginWorkers();
    private final Catalog catalog = Catalog.of(List.of(new BuiltInPlugin(), new Referring()));

    @AfterEach
    void close() {
        workers.close();
        meters.close();
    }

    /** A producer that refers to others of its kind. */
    private record Others(@Default("[]") List<String> names) {}

    private final class Referring implements Plugin {
        @Override
        public String id() {
            return "referring";
        }

        @Override
        public List<Factory<?>> factories() {
            return List.of(Factory.of("referring-producer", Others.class, (config, context) -> {
                config.names.forEach(name -> context.reference(name, Producer.class));
                made.add(context.name());
                return (Producer) (request, candidates, out) -> {};
            }));
        }
    }

    private Policy policy(String routing) throws IOException {
        Path file = Files.writeString(directory.resolve("gateway.yaml"), """
                pools: [{name: p, models: discover, routing: r, endpoints: [{url: "http://h:1"}]}]
                routing:
                  r:
                """ + routing.indent(4));
        Loaded loaded = new ConfigLoader().load(file, catalog);
        GatewayConfig config = loaded.config().orElseThrow(() -> new AssertionError(loaded.errors()));
        PluginGuard guard = new PluginGuard(PluginsConfig.BUDGET, meters, workers);
        return PolicyBuilder.build(
                        "r",
                        config.routingOf(config.pools().getFirst()),
                        config.pools().getFirst().connector(),
                        catalog,
                        guard)
                .policy();
    }

    @Test
    void whatAPluginRefersToIsMadeBeforeItWhereverItStands() throws IOException {
        Policy policy = policy("""
                plugins:
                  - {type: referring-producer, name: a, parameters: {names: [b, c]}}
                  - {type: referring-producer, name: b, parameters: {names: [c]}}
                  - {type: referring-producer, name: c}
                """);

        assertThat(made).containsExactly("c", "b", "a");
        assertThat(policy.producers()).extracting(Policy.Named::name).containsExactly("c", "b", "a");
    }

    @Test
    void aCircleOfReferencesIsToldNameByName() {
        assertThatThrownBy(() -> policy("""
                plugins:
                  - {type: referring-producer, name: a, parameters: {names: [b]}}
                  - {type: referring-producer, name: b, parameters: {names: [c]}}
                  - {type: referring-producer, name: c, parameters: {names: [a]}}
                """))
                .isInstanceOf(ConfigException.class)
                .hasMessage("routing.r: plugin a: plugins refer to each other in a circle: a → b → c → a");
    }

    @Test
    void aReferenceToNothingOrToAnotherKindIsRefused() {
        assertThatThrownBy(() -> policy("plugins: [{type: referring-producer, parameters: {names: [b]}}]"))
                .hasMessage("routing.r: plugin referring-producer: there is no Producer named b");
        assertThatThrownBy(() -> policy("""
                plugins: [{type: referring-producer, parameters: {names: [b]}}, {type: queue-scorer, name: b}]
                """))
                .hasMessage("routing.r: plugin referring-producer: there is no Producer named b");
    }

    @Test
    void withoutProfilesThereIsOneOfAllInTheOrderOfTheFile() throws IOException {
        Policy policy = policy("""
                plugins:
                  - {type: queue-scorer}
                  - {type: decode-filter}
                  - {type: random-picker}
                  - {type: kv-cache-utilization-scorer}
                  - {type: label-selector-filter}
                """);

        Policy.Profile profile = policy.profiles().getFirst();
        assertThat(profile.name()).isEqualTo("default");
        assertThat(profile.filters())
                .extracting(Policy.Named::name)
                .containsExactly("decode-filter", "label-selector-filter");
        assertThat(profile.scorers())
                .extracting(weighted -> weighted.scorer().name() + " " + weighted.weight())
                .containsExactly("queue-scorer 1.0", "kv-cache-utilization-scorer 1.0");
        assertThat(profile.picker().name()).isEqualTo("random-picker");
    }

    @Test
    void aProfileWithoutAPickerTakesTheFirstThatIsConfigured() throws IOException {
        Policy policy = policy("""
                plugins:
                  - {type: queue-scorer}
                  - {type: random-picker, name: any}
                  - {type: max-score-picker, name: best}
                schedulingProfiles: [{name: a, plugins: [{pluginRef: queue-scorer}]}]
                """);

        assertThat(policy.profiles().getFirst().picker().name()).isEqualTo("any");
    }

    @Test
    void profilesAndTheirHandlerMustFit() {
        String profiles = """
                schedulingProfiles:
                  - {name: a, plugins: [{pluginRef: queue-scorer}]}
                  - {name: b, plugins: [{pluginRef: queue-scorer}]}
                """;

        assertThatThrownBy(() -> policy("plugins: [{type: queue-scorer}]\n" + profiles))
                .hasMessage("routing.r: several profiles need a profile handler");
        assertThatThrownBy(() -> policy("plugins: [{type: queue-scorer}, {type: single-profile-handler}]\n" + profiles))
                .hasMessage("routing.r: single-profile-handler runs one profile, there are 2");
        assertThatThrownBy(() -> policy("""
                plugins:
                  - {type: queue-scorer}
                  - {type: single-profile-handler}
                  - {type: single-profile-handler, name: again}
                """))
                .hasMessage("routing.r: there are several profile handlers: single-profile-handler, again");
    }
}
