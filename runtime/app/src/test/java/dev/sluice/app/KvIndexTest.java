package dev.sluice.app;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.sluice.gateway.Gateway;
import dev.sluice.gateway.config.Catalog;
import dev.sluice.gateway.config.ConfigLoader;
import dev.sluice.gateway.config.Loaded;
import dev.sluice.kvevents.ZmqKvEvents;
import dev.sluice.simulator.SimulatorOptions;
import dev.sluice.simulator.SimulatorServer;
import dev.sluice.simulator.events.EventOptions;
import java.io.IOException;
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
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Stand-ins with KV events, the reader, the index and the gateway together. */
@Timeout(120)
class KvIndexTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String TEXT = "you are a brief and kind assistant that knows all rules by heart. ".repeat(40);

    @TempDir
    Path dir;

    private final HttpClient http = HttpClient.newHttpClient();
    private final List<SimulatorServer> engines = new ArrayList<>();
    private Gateway gateway;

    @BeforeEach
    void start() throws Exception {
        engines.add(engine());
        engines.add(engine());
        gateway = gateway(true, "");
    }

    @AfterEach
    void stop() {
        gateway.close();
        engines.forEach(SimulatorServer::close);
        http.close();
    }

    private static SimulatorServer engine() {
        return SimulatorServer.start(SimulatorOptions.builder()
                .model("tiny")
                .timeScale(0.05)
                .events(EventOptions.onFreePorts())
                .build());
    }

    private Gateway gateway(boolean events, String more) throws Exception {
        String rows = engines.stream()
                .map(engine -> "      - {url: \"http://127.0.0.1:" + engine.port() + "\""
                        + (events ? events(engine) : "") + "}\n")
                .collect(Collectors.joining());
        Path file = Files.writeString(
                dir.resolve("gateway.yaml"),
                "server: {host: 127.0.0.1, port: 0, admin: {port: 0}}\npools:\n  - name: chat\n    models: [tiny]\n"
                        + "    endpoints:\n" + rows + "kvIndex: {tokenWait: 5s" + more + "}\n");
        Loaded loaded = new ConfigLoader(name -> Optional.empty()).load(file, Catalog.onClassPath());
        assertThat(loaded.errors()).isEmpty();
        Gateway started = Gateway.start(loaded.config().orElseThrow(), loaded.catalog(), ZmqKvEvents::new);
        assertThat(started.awaitReady(Duration.ofSeconds(20))).isTrue();
        return started;
    }

    private static String events(SimulatorServer engine) {
        EventOptions options = engine.options().events();
        return ", kvEvents: \"" + options.endpoint().replace("*", "127.0.0.1") + "\", kvReplay: \""
                + options.replayEndpoint().replace("*", "127.0.0.1") + "\"";
    }

    /** What the gateway decided about one request, and how it went. */
    private record Went(String endpoint, String source, int predicted, int reported) {}

    private Went ask(String path, String body) throws Exception {
        HttpRequest request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + gateway.port() + path))
                .header("content-type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(body))
                .build();
        HttpResponse<String> answer = http.send(request, BodyHandlers.ofString());
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        String id = answer.headers().firstValue("x-sluice-id").orElseThrow();
        // What the engine reported is noted when the answer has been passed on.
        JsonNode why = admin("/explain/" + id);
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
        while (!why.path("decision").path("reportedCachedTokens").isNumber()) {
            assertThat(System.nanoTime()).as(why.toString()).isLessThan(end);
            TimeUnit.MILLISECONDS.sleep(1);
            why = admin("/explain/" + id);
        }
        JsonNode decision = why.path("decision");
        String endpoint = decision.path("endpoint").asText();
        for (JsonNode candidate : why.path("candidates")) {
            if (candidate.path("endpoint").asText().equals(endpoint)) {
                return new Went(
                        endpoint,
                        candidate.path("cacheSource").asText(),
                        decision.path("cachedTokens").asInt(),
                        decision.path("reportedCachedTokens").asInt());
            }
        }
        throw new AssertionError(why.toString());
    }

    private JsonNode admin(String path) throws Exception {
        HttpRequest request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + gateway.adminPort() + path))
                .build();
        return JSON.readTree(http.send(request, BodyHandlers.ofString()).body());
    }

    private String metrics() throws Exception {
        HttpRequest request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + gateway.adminPort() + "/metrics"))
                .build();
        return http.send(request, BodyHandlers.ofString()).body();
    }

    private static Went completion(KvIndexTest test, String prompt) throws Exception {
        return test.ask("/v1/completions", "{\"model\":\"tiny\",\"prompt\":\"" + prompt + "\",\"max_tokens\":3}");
    }

    private Went chat(String... turns) throws Exception {
        String messages = IntStream.range(0, turns.length)
                .mapToObj(i ->
                        "{\"role\":\"" + (i % 2 == 0 ? "user" : "assistant") + "\",\"content\":\"" + turns[i] + "\"}")
                .collect(Collectors.joining(","));
        return ask("/v1/chat/completions", "{\"model\":\"tiny\",\"messages\":[" + messages + "],\"max_tokens\":3}");
    }

    /** Until the index knows all that the engines have published. */
    private void awaitEvents() throws Exception {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
        while (!upToDate()) {
            assertThat(System.nanoTime()).as(() -> "events did not come").isLessThan(end);
            TimeUnit.MILLISECONDS.sleep(2);
        }
    }

    private boolean upToDate() throws Exception {
        JsonNode ranks = admin("/endpoints").path(0).path("kvEvents");
        for (SimulatorServer engine : engines) {
            for (JsonNode status : ranks) {
                boolean its = status.path("endpoint").asText().endsWith(":" + engine.port());
                JsonNode rank = status.path("ranks").path(0);
                if (its
                        && (!rank.path("live").asBoolean()
                                || rank.path("sequence").asLong()
                                        < engine.events().orElseThrow().next() - 1)) {
                    return false;
                }
            }
        }
        return ranks.size() == engines.size();
    }

    @Test
    void whatIsPredictedIsWhatTheEngineFinds() throws Exception {
        Random random = new Random(5);
        List<List<String>> chats = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            chats.add(new ArrayList<>(List.of(TEXT.substring(i * 7) + "chat " + i)));
        }
        int hits = 0;
        awaitEvents();
        // Until some engine has told of a block nobody knows how large blocks are.
        assertThat(completion(this, "something else " + TEXT).source()).isEqualTo("guessed");
        awaitEvents();
        for (int n = 0; n < 60; n++) {
            List<String> turns = chats.get(random.nextInt(chats.size()));
            Went went = switch (n % 3) {
                case 0 -> {
                    Went first = chat(turns.toArray(String[]::new));
                    turns.addAll(List.of("yes", "and question " + n + " " + TEXT.substring(0, random.nextInt(200))));
                    yield first;
                }
                case 1 -> completion(this, TEXT + "then " + random.nextInt(5) + TEXT.substring(0, random.nextInt(300)));
                default ->
                    ask(
                            "/v1/completions",
                            "{\"model\":\"tiny\",\"max_tokens\":2,\"prompt\":"
                                    + IntStream.range(0, 50 + random.nextInt(200))
                                            .boxed()
                                            .toList() + "}");
            };
            awaitEvents();
            assertThat(went.source()).as("request %d", n).isEqualTo("told");
            assertThat(went.predicted()).as("request %d", n).isEqualTo(went.reported());
            hits += went.reported() > 0 ? 1 : 0;
        }
        assertThat(hits).isGreaterThan(30);
        String metrics = metrics();
        assertThat(metrics)
                .contains("sluice_index_events_total{outcome=\"applied\",pool=\"chat\"}")
                .contains("sluice_kv_events_lag_seconds{endpoint=")
                .contains("sluice_kv_prompts_total{pool=\"chat\",tokens=\"asked\"}");
    }

    @Test
    void anEngineThatForgetsIsKnownToHaveForgotten() throws Exception {
        awaitEvents();
        Went first = completion(this, TEXT);
        awaitEvents();
        assertThat(completion(this, TEXT).predicted()).isGreaterThan(100);
        SimulatorServer engine = engines.stream()
                .filter(e -> first.endpoint().endsWith(":" + e.port()))
                .findFirst()
                .orElseThrow();
        engine.stop();
        engine.restart();
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
        while (blocks(first.endpoint()) != 0) {
            assertThat(System.nanoTime()).as("the restart is noticed").isLessThan(end);
            TimeUnit.MILLISECONDS.sleep(5);
        }
    }

    private int blocks(String endpoint) throws Exception {
        for (JsonNode status : admin("/endpoints").path(0).path("kvEvents")) {
            if (status.path("endpoint").asText().equals(endpoint)) {
                return status.path("ranks").path(0).path("blocks").asInt();
            }
        }
        return -1;
    }

    @Test
    void aGatewayThatStartsAgainKnowsWhatEnginesHold() throws Exception {
        gateway.close();
        gateway = gateway(true, ", snapshot: index.kv");
        awaitEvents();
        completion(this, TEXT);
        awaitEvents();
        gateway.close();
        assertThat(dir.resolve("index.kv")).isNotEmptyFile();
        // Without the snapshot a partial picture would be the best to be had.
        engines.forEach(engine -> completionAtEngine(engine));
        gateway = gateway(true, ", snapshot: index.kv");
        awaitEvents();
        Went went = completion(this, TEXT);
        assertThat(went.source()).isEqualTo("told");
        assertThat(went.predicted()).isEqualTo(went.reported()).isGreaterThan(100);
    }

    private void completionAtEngine(SimulatorServer engine) {
        HttpRequest request = HttpRequest.newBuilder(
                        URI.create("http://127.0.0.1:" + engine.port() + "/v1/completions"))
                .header("content-type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(
                        "{\"model\":\"tiny\",\"prompt\":\"elsewhere\",\"max_tokens\":1}"))
                .build();
        try {
            assertThat(http.send(request, BodyHandlers.ofString()).statusCode()).isEqualTo(200);
        } catch (IOException e) {
            throw new AssertionError(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Test
    void withoutEventsAllIsAsBefore() throws Exception {
        gateway.close();
        gateway = gateway(false, "");
        completion(this, TEXT);
        Went again = completion(this, TEXT);
        assertThat(again.source()).isEqualTo("guessed");
        assertThat(again.reported()).isGreaterThan(100);
        assertThat(admin("/endpoints").path(0).path("kvEvents")).isEmpty();
        assertThat(metrics()).doesNotContain("sluice_kv_prompts_total");
    }
}
