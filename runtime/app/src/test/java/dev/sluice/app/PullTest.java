package dev.sluice.app;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.sluice.gateway.Gateway;
import dev.sluice.gateway.config.Catalog;
import dev.sluice.gateway.config.ConfigLoader;
import dev.sluice.gateway.config.Loaded;
import dev.sluice.simulator.SimulatorOptions;
import dev.sluice.simulator.SimulatorServer;
import dev.sluice.simulator.transfer.ConnectorKind;
import dev.sluice.simulator.transfer.TransferOptions;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Stand-ins with a P2P tier behind a gateway: what one has cached is fetched by another, and what happens when it can't be. */
@Timeout(120)
class PullTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    /** Some 15,000 tokens, which take these engines longer to compute than to fetch. */
    private static final String DOCUMENT = "a long document that two engines need one after the other. ".repeat(1000);

    private static final String OTHER = "another one of the same length, of which nobody has heard. ".repeat(1000);

    /** A header says which engine serves. */
    private static final String ROUTING = """
            routing:
              by-header:
                plugins:
                  - {type: header-label-affinity-scorer, parameters: {headerName: x-engine, labelKey: engine}}
                  - {type: max-score-picker}
                schedulingProfiles:
                  - {name: default, plugins: [{pluginRef: header-label-affinity-scorer}, {pluginRef: max-score-picker}]}
            """;

    @TempDir
    Path dir;

    private final HttpClient http = HttpClient.newHttpClient();
    private final List<SimulatorServer> engines = new ArrayList<>();
    private Gateway gateway;

    @BeforeEach
    void start() throws Exception {
        StringBuilder rows = new StringBuilder();
        for (String name : List.of("a", "b")) {
            SimulatorServer engine = SimulatorServer.start(SimulatorOptions.builder()
                    .model("tiny")
                    .timeScale(1)
                    .transfer(new TransferOptions(ConnectorKind.OFFLOADING, 0, "", 30, 12, 0, false, ""))
                    .build());
            engines.add(engine);
            rows.append("      - {url: \"http://127.0.0.1:")
                    .append(engine.port())
                    .append("\", labels: {engine: ")
                    .append(name)
                    .append(", sluice.dev/kv-port: \"")
                    .append(engine.exchanges().port())
                    .append("\"}}\n");
        }
        Path file = Files.writeString(
                dir.resolve("gateway.yaml"),
                "server: {host: 127.0.0.1, port: 0, admin: {port: 0}}\npools:\n  - name: chat\n    models: [tiny]\n"
                        + "    connector: {type: offloading, parameters: {warmUp: false}}\n    routing: by-header\n"
                        + "    endpoints:\n" + rows + ROUTING);
        Loaded loaded = new ConfigLoader(name -> Optional.empty()).load(file, Catalog.onClassPath());
        assertThat(loaded.errors()).isEmpty();
        gateway = Gateway.start(loaded.config().orElseThrow(), loaded.catalog());
        assertThat(gateway.awaitReady(Duration.ofSeconds(20))).isTrue();
    }

    @AfterEach
    void stop() {
        gateway.close();
        engines.forEach(SimulatorServer::close);
        http.close();
    }

    /** An answer, and why it came from there. */
    private record Said(JsonNode body, JsonNode why) {
        int cached() {
            return body.path("usage")
                    .path("prompt_tokens_details")
                    .path("cached_tokens")
                    .asInt();
        }

        String endpoint() {
            return why.path("decision").path("endpoint").asText();
        }
    }

    private Said ask(String engine, String document, String question) throws Exception {
        String body = "{\"model\":\"tiny\",\"prompt\":\"" + document + question + "\",\"max_tokens\":2}";
        HttpRequest request = HttpRequest.newBuilder(
                        URI.create("http://127.0.0.1:" + gateway.port() + "/v1/completions"))
                .header("content-type", "application/json")
                .header("x-engine", engine)
                .POST(HttpRequest.BodyPublishers.ofString(body))
                .build();
        HttpResponse<String> answer = http.send(request, BodyHandlers.ofString());
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        String id = answer.headers().firstValue("x-sluice-id").orElseThrow();
        JsonNode why = JSON.readTree(admin("/explain/" + id));
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
        while (!why.path("decision").path("reportedCachedTokens").isNumber() && System.nanoTime() < end) {
            TimeUnit.MILLISECONDS.sleep(1);
            why = JSON.readTree(admin("/explain/" + id));
        }
        return new Said(JSON.readTree(answer.body()), why);
    }

    private String admin(String path) throws Exception {
        return http.send(
                        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + gateway.adminPort() + path))
                                .build(),
                        BodyHandlers.ofString())
                .body();
    }

    private double pulls(String outcome) throws Exception {
        String series = "sluice_kv_pulls_total{outcome=\"" + outcome + "\",pool=\"chat\"} ";
        return admin("/metrics")
                .lines()
                .filter(line -> line.startsWith(series))
                .mapToDouble(line -> Double.parseDouble(line.substring(series.length())))
                .sum();
    }

    private long transfers(int engine) {
        return engines.get(engine).exchanges().stats().transfers();
    }

    @Test
    void whatOneEngineHasCachedAnotherFetchesInsteadOfComputingIt() throws Exception {
        Said first = ask("a", DOCUMENT, "what does it say?");
        assertThat(first.cached()).isZero();
        assertThat(first.why().path("pull").isObject()).as("nobody had it").isFalse();

        Said second = ask("b", DOCUMENT, "what does it say?");
        JsonNode pull = second.why().path("pull");
        assertThat(pull.path("source").asText()).isEqualTo(first.endpoint());
        assertThat(pull.path("to").asText()).isEqualTo(second.endpoint()).isNotEqualTo(first.endpoint());
        assertThat(pull.path("tokens").asInt()).isGreaterThan(5000);
        assertThat(pull.path("ms").asDouble()).isLessThan(pull.path("computeMs").asDouble());
        assertThat(transfers(1)).isEqualTo(1);
        assertThat(engines.get(1).exchanges().stats().corrupt()).isZero();
        long fetched = engines.get(1).<Long>engine(engine -> engine.stats().externalHits());
        assertThat(fetched).isGreaterThan(5000);
        assertThat(pulls("fetched")).isEqualTo(1);
        assertThat(admin("/metrics")).contains("sluice_kv_pulled_tokens_total{pool=\"chat\"}");
        assertThat(Why.explained(second.why()))
                .contains("fetches: " + second.endpoint() + " has ", " from " + first.endpoint());

        // From then on the second engine has it, and says so.
        Said third = ask("b", DOCUMENT, "and what else?");
        assertThat(third.why().path("pull").isObject()).isFalse();
        assertThat(third.cached()).isCloseTo((int) fetched, org.assertj.core.data.Offset.offset(64));
        assertThat(transfers(1)).isEqualTo(1);
    }

    @Test
    void aSourceThatHasLostItAndOneThatIsGoneCostTimeAndNoRequest() throws Exception {
        ask("a", DOCUMENT, "one");
        engines.get(0).engine(engine -> {
            engine.resetCache();
            return engine;
        });
        Said second = ask("b", DOCUMENT, "one");
        assertThat(second.why().path("pull").isObject())
                .as("the gateway could not know")
                .isTrue();
        assertThat(second.cached()).isZero();
        assertThat(transfers(1)).isZero();

        ask("b", OTHER, "two");
        engines.get(1).exchanges().close();
        Said third = ask("a", OTHER, "two");
        assertThat(third.why().path("pull").isObject()).isTrue();
        assertThat(transfers(0)).isZero();
        assertThat(pulls("failed")).isZero();
    }
}
