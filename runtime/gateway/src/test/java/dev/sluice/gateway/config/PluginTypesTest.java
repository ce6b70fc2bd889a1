package dev.sluice.gateway.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import dev.sluice.gateway.plugin.PluginJar;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PluginTypesTest {
    private static final String USES = Loads.MINIMAL + """
            plugins: {directory: jars}
            routing: {r: {plugins: [{type: zone-scorer}]}}
            """;
    private static final String NOTHING = "public void score(Request r, Candidates c, double[] s) {}";

    @TempDir
    Path directory;

    @Test
    void aConfigurationMayNameTypesOfTheDirectoryThatItNames() throws IOException {
        PluginJar.scorer("zone", NOTHING).into(directory.resolve("jars"), "zone");
        Loaded loaded = Loads.load(directory, USES);

        assertThat(loaded.errors()).isEmpty();
        GatewayConfig config = loaded.config().orElseThrow();
        assertThat(config.plugins().orElseThrow())
                .isEqualTo(new PluginsConfig(directory.resolve("jars"), PluginsConfig.BUDGET));
        assertThat(loaded.files()).contains(directory.resolve("jars"));
        assertThat(loaded.catalog().entry("zone-scorer").orElseThrow().jar()).isPresent();
        assertThat(EffectiveConfig.json(config, loaded.catalog())).contains("\"budget\" : \"2ms\"", "zone-scorer");
        assertThat(Schema.json(loaded.catalog())).contains("zone-scorer");
    }

    @Test
    void aRefusedPluginIsAWarningAndItsTypesAreErrorsWhereTheyAreUsed() throws IOException {
        Files.createDirectories(directory.resolve("jars/zone"));
        Loaded loaded = Loads.load(directory, USES);

        assertThat(loaded.errors())
                .extracting(ConfigError::path, ConfigError::message)
                .containsExactly(tuple(
                        "routing.r.plugins[0].type",
                        "unknown plugin type \"zone-scorer\", did you mean \"queue-scorer\"?; zone is a plugin that"
                                + " could not be loaded"));
        assertThat(loaded.warnings())
                .extracting(ConfigError::path, ConfigError::message)
                .contains(tuple("plugins.directory", "plugin zone is refused: its directory holds no jar"));
        assertThat(loaded.warnings().getFirst().line()).isGreaterThan(1);
    }

    @Test
    void anOptionWinsOverTheDirectoryOfTheFileAndKeepsItsBudget() throws IOException {
        PluginJar.scorer("zone", NOTHING).into(directory.resolve("elsewhere"), "zone");
        Overrides overrides = new Overrides(
                OptionalInt.empty(),
                OptionalInt.empty(),
                OptionalInt.empty(),
                Optional.empty(),
                Optional.of(directory.resolve("elsewhere")));
        Loaded loaded = Loads.load(directory, USES.replace("jars}", "jars, budget: 5ms}"), overrides);

        assertThat(loaded.errors()).isEmpty();
        PluginsConfig plugins = loaded.config().orElseThrow().plugins().orElseThrow();
        assertThat(plugins.directory()).isEqualTo(directory.resolve("elsewhere"));
        assertThat(plugins.budget()).hasMillis(5);
    }

    @Test
    void aDirectoryThatIsNotThereIsAnError() {
        Loaded loaded = Loads.load(directory, Loads.MINIMAL + "plugins: {directory: absent}\n");

        assertThat(loaded.errors())
                .extracting(ConfigError::path, ConfigError::message)
                .containsExactly(tuple(
                        "plugins.directory",
                        "there is no directory " + directory.resolve("absent") + " that can be listed"));
        assertThat(loaded.catalog().types()).isNotEmpty();
    }

    @Test
    void aNewDirectoryIsSeenByThoseWhoWatch() throws Exception {
        Path jars = Files.createDirectories(directory.resolve("jars"));
        LinkedBlockingQueue<Integer> changes = new LinkedBlockingQueue<>();
        try (WatchedFiles _ = WatchedFiles.start(Set.of(jars), Duration.ofMillis(10), () -> changes.add(1))) {
            PluginJar.scorer("zone", NOTHING).into(jars, "zone");
            assertThat(changes.poll(10, TimeUnit.SECONDS)).isEqualTo(1);
        }
    }
}
