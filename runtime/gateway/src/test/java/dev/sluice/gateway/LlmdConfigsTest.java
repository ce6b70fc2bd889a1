package dev.sluice.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.sluice.core.Explanation;
import dev.sluice.core.Policy;
import dev.sluice.gateway.config.Catalog;
import dev.sluice.gateway.config.ConfigError;
import dev.sluice.gateway.config.ConfigLoader;
import dev.sluice.gateway.config.Converter;
import dev.sluice.gateway.config.GatewayConfig;
import dev.sluice.gateway.config.Loaded;
import dev.sluice.gateway.config.Overrides;
import dev.sluice.gateway.config.PluginsConfig;
import dev.sluice.gateway.metrics.Meters;
import dev.sluice.gateway.plugin.PluginGuard;
import dev.sluice.gateway.plugin.PluginWorkers;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class LlmdConfigsTest {
    private static final String OPEN = "no tenants: this gateway is open to everybody who reaches it";
    private static final Catalog CATALOG = Catalog.onClassPath();
    private static final Meters METERS = new Meters("test");
    private static final PluginWorkers WORKERS = new PluginWorkers();

    @TempDir
    Path directory;

    @AfterAll
    static void close() {
        WORKERS.close();
        METERS.close();
    }

    static Stream<LlmdCase> cases() throws IOException, URISyntaxException {
        Path all = Path.of(Objects.requireNonNull(LlmdConfigsTest.class.getResource("llmd"))
                .toURI());
        try (Stream<Path> files = Files.list(all)) {
            return files.sorted().map(LlmdCase::read).toList().stream();
        }
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("cases")
    void everyConfigurationLoadsAndDecidesAsWorkedOutByHandOrIsRefusedByName(LlmdCase wanted) throws IOException {
        Loaded loaded = load(wanted.file());

        assertThat(said(loaded.errors())).containsExactlyInAnyOrderElementsOf(wanted.refused());
        assertThat(said(loaded.warnings())).containsExactlyInAnyOrderElementsOf(wanted.warns());
        if (wanted.refused().isEmpty()) {
            GatewayConfig config = loaded.config().orElseThrow();
            assertThat(config.pools().getFirst().name()).isEqualTo("default");
            decidesAsWanted(config, wanted);
        }
    }

    @Test
    void thereAreManyOfBothKinds() throws Exception {
        assertThat(cases().filter(c -> c.refused().isEmpty()))
                .hasSizeGreaterThan(15)
                .allMatch(c -> !c.candidates().isEmpty() && !c.picks().isEmpty());
        assertThat(cases().filter(c -> !c.refused().isEmpty())).hasSizeGreaterThan(15);
    }

    private Loaded load(Path file) throws IOException {
        Path endpoints = Files.writeString(directory.resolve("endpoints.yaml"), "endpoints: []\n");
        Overrides overrides = new Overrides(
                OptionalInt.empty(),
                OptionalInt.empty(),
                OptionalInt.empty(),
                Optional.of(endpoints),
                Optional.empty());
        return new ConfigLoader().load(file, CATALOG, overrides);
    }

    private static List<String> said(List<ConfigError> errors) {
        return errors.stream()
                .filter(error -> !error.message().equals(OPEN))
                .map(error -> error.path() + ": " + error.message())
                .toList();
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("cases")
    void whatIsConvertedDecidesTheSame(LlmdCase wanted) throws IOException {
        Path endpoints = Files.writeString(directory.resolve("endpoints.yaml"), "endpoints: []\n");
        Converter.Converted converted = Converter.convert(wanted.file(), Optional.of(endpoints), CATALOG);

        assertThat(said(converted.errors())).containsExactlyInAnyOrderElementsOf(wanted.refused());
        assertThat(converted.yaml().isPresent()).isEqualTo(wanted.refused().isEmpty());
        if (wanted.refused().isEmpty()) {
            String yaml = converted.yaml().orElseThrow();
            wanted.warns().forEach(warning -> assertThat(yaml).contains("# " + warning));
            Path gateway = Files.writeString(directory.resolve("gateway.yaml"), yaml);
            Loaded own = new ConfigLoader().load(gateway, CATALOG);
            assertThat(own.errors()).as(yaml).isEmpty();
            // What has no effect so far may stay; nothing else is left to be warned about.
            assertThat(own.warnings())
                    .as(yaml)
                    .filteredOn(warning -> !warning.message().equals(OPEN))
                    .allMatch(warning -> wanted.warns().stream().anyMatch(said -> said.endsWith(warning.message())));
            GatewayConfig before = load(wanted.file()).config().orElseThrow();
            GatewayConfig after = own.config().orElseThrow();
            assertThat(after.pools()).isEqualTo(before.pools());
            assertThat(after.metrics()).isEqualTo(before.metrics());
            assertThat(LlmdDecision.of(policy(after), wanted)).isEqualTo(LlmdDecision.of(policy(before), wanted));
        }
    }

    private static Policy policy(GatewayConfig config) {
        return PolicyBuilder.build(
                        "default",
                        config.routingOf(config.pools().getFirst()),
                        config.pools().getFirst().connector(),
                        CATALOG,
                        new PluginGuard(PluginsConfig.BUDGET, METERS, WORKERS))
                .policy();
    }

    private static void decidesAsWanted(GatewayConfig config, LlmdCase wanted) {
        Explanation decided = LlmdDecision.of(policy(config), wanted);

        assertThat(decided.abstained()).isEmpty();
        for (LlmdCase.Candidate candidate : wanted.candidates()) {
            Explanation.Candidate got = decided.candidates().stream()
                    .filter(c -> c.endpoint().equals(candidate.endpoint().id()))
                    .findFirst()
                    .orElseThrow();
            assertThat(got.removedBy()).as(got.endpoint()).isEqualTo(candidate.removedBy());
            candidate
                    .total()
                    .ifPresent(total -> assertThat(got.total())
                            .as("total of " + got.endpoint() + ", scores " + got.scores())
                            .isCloseTo(total, within(5e-7)));
        }
        assertThat(wanted.picks().split(" or ")).contains(decided.picked());
        assertThat(decided.disaggregation()
                        .map(Explanation.Disaggregation::prefill)
                        .filter(prefill -> !prefill.isEmpty()))
                .isEqualTo(wanted.prefills());
    }
}
