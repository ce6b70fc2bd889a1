package dev.sluice.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CommandLineTest {
    @TempDir
    Path directory;

    @Test
    void wrongUseIsTwoAndSaysSoOnStandardError() {
        assertThat(Ran.of().code()).isEqualTo(2);
        assertThat(Ran.of("nonsense").code()).isEqualTo(2);
        assertThat(Ran.of("check").err()).contains("--config");
        assertThat(Ran.of("check", "--config", "x", "--frmat").code()).isEqualTo(2);
    }

    @Test
    void helpAndVersionAreFine() {
        assertThat(Ran.of("--help").out()).contains("check", "schema", "plugins");
        assertThat(Ran.of("check", "--help").code()).isZero();
        assertThat(Ran.of("--version").out()).startsWith("sluice ");
    }

    @Test
    void checkPrintsAllErrorsOnStandardOutputAndEndsWithTwo() throws IOException {
        Path file = Files.writeString(directory.resolve("bad.yaml"), "pools: []\nsrever: {}\n");
        Ran ran = Ran.of("check", "--config", file.toString());

        assertThat(ran.code()).isEqualTo(2);
        assertThat(ran.out())
                .isEqualTo(file + ":1:8: pools: must be at least 1 entries, is 0\n" + file
                        + ":2:1: srever: unknown key, did you mean \"server\"?\n");
        assertThat(ran.err()).isEmpty();
    }

    @Test
    void checkFindsWhatOnlyBuildingAPolicyBringsToLight() throws IOException {
        Path file = Files.writeString(directory.resolve("epp.yaml"), """
                kind: EndpointPickerConfig
                plugins: [{type: queue-scorer}, {type: single-profile-handler}]
                schedulingProfiles:
                  - {name: a, plugins: [{pluginRef: queue-scorer}]}
                  - {name: b, plugins: [{pluginRef: queue-scorer}]}
                """);
        Path endpoints = Files.writeString(directory.resolve("endpoints.yaml"), "endpoints: []\n");
        Ran ran = Ran.of("check", "--config", file.toString(), "--endpoints", endpoints.toString());

        assertThat(ran.code()).isEqualTo(2);
        assertThat(ran.out())
                .startsWith(file + ":1:1: routing.default: single-profile-handler runs one profile, there are 2\n");
    }

    @Test
    void convertPrintsAGatewayConfigurationThatIsGood() throws IOException {
        Path epp = Files.writeString(directory.resolve("epp.yaml"), """
                kind: EndpointPickerConfig
                plugins:
                  - {type: queue-scorer, name: "a: b"}
                  - {type: label-selector-filter, parameters: {matchLabels: {zone: "1"}}}
                  - {type: metrics-data-source, parameters: {scheme: https, port: 9000}}
                  - {type: latency-slo-admitter}
                """);
        Path endpoints = Files.writeString(directory.resolve("endpoints.yaml"), "endpoints: []\n");
        Ran converted = Ran.of("convert", epp.toString(), "--endpoints", endpoints.toString());

        assertThat(converted.code()).isZero();
        assertThat(converted.out())
                .contains(
                        "# plugins[3].type: latency-slo-admitter has no effect",
                        "metrics: {path: /metrics, port: 9000}")
                .contains("tls: {}", "least-work-scorer counts a request", "{type: queue-scorer, name: \"a: b\"}");
        Path gateway = Files.writeString(directory.resolve("gateway.yaml"), converted.out());
        assertThat(Ran.of("check", "--config", gateway.toString()).code()).isZero();
        assertThat(Ran.of("convert", gateway.toString()).err())
                .contains("is no EndpointPickerConfig: there is nothing to convert");
        Files.writeString(epp, "kind: EndpointPickerConfig\nplugins: [{type: thunder-agent}]\n");
        Ran refused = Ran.of("convert", epp.toString());
        assertThat(refused.code()).isEqualTo(2);
        assertThat(refused.out()).isEmpty();
    }

    @Test
    void endpointsAloneAreServedAsLlmdServesThem() throws IOException {
        Path endpoints = Files.writeString(directory.resolve("endpoints.yaml"), "endpoints: []\n");

        assertThat(Ran.of("check", "--endpoints", endpoints.toString()).out())
                .endsWith("llm-d's default: good; pools: default\n");
        assertThat(Ran.of("check").err()).startsWith("needs --config FILE, or --endpoints FILE");
    }

    @Test
    void checkPraisesAGoodFile() throws IOException {
        Path file = Files.writeString(
                directory.resolve("good.yaml"),
                "pools: [{name: chat, models: [m], endpoints: [{url: 'http://127.0.0.1:1'}]}]\n");

        assertThat(Ran.of("check", "--config", file.toString()).code()).isZero();
        assertThat(Ran.of("check", "--config", file.toString()).out()).endsWith(": good; pools: chat\n");
        assertThat(Ran.of("check", "--config", file.toString(), "--format", "json")
                        .out())
                .contains("\"errors\" : [ ]");
    }

    @Test
    void schemaAndPluginsKnowTheBuiltIns() {
        assertThat(Ran.of("schema").out()).contains("\"least-work-scorer\"", "\"interferenceWeight\"");
        assertThat(Ran.of("plugins").out()).contains("prefix-cache-scorer", "matchLengthWeight");
        assertThat(Ran.of("plugins", "--json").out()).contains("\"type\" : \"max-score-picker\"");
    }

    @Test
    void aGatewayThatDoesNotAnswerIsAFailureInOneLine() {
        Ran ran = Ran.of("explain", "abc", "--admin", "http://127.0.0.1:1");

        assertThat(ran.code()).isEqualTo(1);
        assertThat(ran.err())
                .isEqualTo("sluice explain: no gateway answers at http://127.0.0.1:1 (option --admin names another)\n");
    }

    @Test
    void aPluginThatWouldNotLoadIsToldWithItsReasonAndIsAFailure() throws IOException {
        Files.createDirectories(directory.resolve("plugins/zone"));
        String plugins = directory.resolve("plugins").toString();
        Path file = Files.writeString(
                directory.resolve("good.yaml"),
                "pools: [{name: chat, models: [m], endpoints: [{url: 'http://127.0.0.1:1'}]}]\n");

        Ran listed = Ran.of("plugins", "--directory", plugins);
        assertThat(listed.code()).isEqualTo(1);
        assertThat(listed.out()).contains("zone is refused: its directory holds no jar", "queue-scorer");
        assertThat(Ran.of("plugins", "--directory", plugins, "--json").out())
                .contains("\"reason\" : \"its directory holds no jar\"");
        assertThat(Ran.of("plugins", "--directory", plugins + "/absent").code()).isEqualTo(2);
        Ran checked = Ran.of("check", "--config", file.toString(), "--plugins", plugins);
        assertThat(checked.code()).isEqualTo(2);
        assertThat(checked.out()).contains("warning: plugin zone is refused: its directory holds no jar");
    }

    @Test
    void aNewPluginIsAProjectWithNothingLeftToFillIn() throws IOException {
        Path project = directory.resolve("spot-price");
        Ran made = Ran.of("plugins", "new", "spot-price", "--into", project.toString());

        assertThat(made.code()).isZero();
        try (var files = Files.walk(project)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                assertThat(Files.readString(file))
                        .as(file.toString())
                        .doesNotContain("@NAME@", "@CLASS@", "@PACKAGE@", "@VERSION@")
                        .isNotBlank();
            }
        }
        assertThat(project.resolve("src/main/java/plugin/spotprice/SpotPriceScorer.java"))
                .exists();
        assertThat(Ran.of("plugins", "new", "spot-price", "--into", project.toString())
                        .err())
                .contains("is there already");
        assertThat(Ran.of("plugins", "new", "Spot Price").code()).isEqualTo(2);
    }
}
