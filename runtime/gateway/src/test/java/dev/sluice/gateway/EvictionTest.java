package dev.sluice.gateway;

import static dev.sluice.gateway.GatewayFixture.CHAT;
import static dev.sluice.gateway.GatewayFixture.chat;
import static dev.sluice.gateway.ScriptedEngine.DONE;
import static dev.sluice.gateway.ScriptedEngine.begin;
import static dev.sluice.gateway.ScriptedEngine.chunk;
import static dev.sluice.gateway.ScriptedEngine.delta;
import static dev.sluice.gateway.ScriptedEngine.end;
import static dev.sluice.gateway.ScriptedEngine.finish;
import static dev.sluice.gateway.ScriptedEngine.whole;
import static dev.sluice.gateway.TenantFixture.ANSWER;
import static dev.sluice.gateway.TenantFixture.file;
import static dev.sluice.gateway.TenantFixture.key;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.net.Socket;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Requests that run give way to one that waits: on sockets, with one engine. */
@Timeout(120)
class EvictionTest {
    private static final String ONE = "concurrency: 1\n    routing: gives-way";
    /** Of a configuration: a policy by which requests that run give way, and a usage log. */
    static final String ON = """
            usage: {file: usage.jsonl}
            routing:
              gives-way:
                plugins:
                  - {type: least-work-scorer}
                  - {type: max-score-picker}
                  - {type: predicted-ttft-detector, parameters: {ttft: 100s}}
                flowControl:
                  enableEviction: true
                  saturationDetector: {pluginRef: predicted-ttft-detector}
            """;

    static final String OFF = ON.replace("enableEviction: true", "enableEviction: false");

    @TempDir
    Path dir;

    private final CountDownLatch cut = new CountDownLatch(1);
    private final CountDownLatch release = new CountDownLatch(1);

    /** Streams its first answer until it is cut or the test lets it end, and answers all others at once. */
    private ScriptedEngine streaming() throws Exception {
        return new ScriptedEngine("base")
                .does(
                        (q, out) -> {
                            begin(out);
                            chunk(out, delta("one"));
                            chunk(out, delta("two"));
                            Thread.ofVirtual().start(() -> {
                                if (q.awaitClose()) {
                                    cut.countDown();
                                    release.countDown();
                                }
                            });
                            release.await();
                            if (cut.getCount() == 0) {
                                return false;
                            }
                            chunk(out, finish("stop") + DONE);
                            end(out);
                            return false;
                        },
                        (q, out) -> whole(out, 200, ANSWER));
    }

    /** Does not answer its first request, and all others at once. */
    private ScriptedEngine silent() throws Exception {
        return new ScriptedEngine("base")
                .does(
                        (q, out) -> {
                            if (q.awaitClose()) {
                                cut.countDown();
                            }
                            return false;
                        },
                        (q, out) -> whole(out, 200, ANSWER));
    }

    private TenantFixture start(ScriptedEngine engine, ScriptedEngine next, String pool, String top) throws Exception {
        TenantFixture fixture = TenantFixture.start(dir, engine, next, "", pool, top);
        return fixture.put("batch", file("batch", "priority: -10\n"))
                .put("plain", file("plain", ""))
                .put("vip", file("vip", "priority: 100\n"));
    }

    private static String raw(String tenant, boolean stream) {
        return GatewayFixture.chatBytes(chat(stream)).replace("Host:", "x-api-key: " + key(tenant) + "\r\nHost:");
    }

    private static CompletableFuture<HttpResponse<String>> send(TenantFixture fixture, String tenant) {
        CompletableFuture<HttpResponse<String>> answer = new CompletableFuture<>();
        Thread.ofVirtual().start(() -> {
            try {
                answer.complete(fixture.gateway.post(CHAT, chat(false), "x-api-key", key(tenant)));
            } catch (Exception e) {
                answer.completeExceptionally(e);
            }
        });
        return answer;
    }

    private static int queued(TenantFixture fixture) {
        return fixture.gateway.gateway.runtime().settings.table().pools().stream()
                .mapToInt(p -> p.pool().queued())
                .sum();
    }

    /** Looks at all pools, which takes back whoever is to be: a stream that ends well afterwards was not. */
    private static void ticks(TenantFixture fixture) {
        fixture.gateway
                .gateway
                .runtime()
                .settings
                .table()
                .pools()
                .forEach(p -> p.pool().tick());
    }

    /** Waits until the page of metrics has such a line: what a request counts is written when its client has its answer. */
    private static void awaitLine(TenantFixture fixture, String pattern) {
        TenantFixture.until(() -> {
            try {
                return fixture.gateway.admin("/metrics").body().lines().anyMatch(line -> line.matches(pattern));
            } catch (Exception wrong) {
                throw new IllegalStateException(wrong);
            }
        });
    }

    private List<JsonNode> usage() throws Exception {
        ObjectMapper json = new ObjectMapper();
        Path log = dir.resolve("usage.jsonl");
        List<JsonNode> rows = new ArrayList<>();
        for (String line : Files.exists(log) ? Files.readAllLines(log) : List.<String>of()) {
            rows.add(json.readTree(line));
        }
        return rows;
    }

    @Test
    void aStreamOfBatchIsCutHonestlyItsEngineStopsAndTheOneThatWaitedIsServed() throws Exception {
        try (ScriptedEngine engine = streaming();
                ScriptedEngine next = new ScriptedEngine("base-next");
                TenantFixture fixture = start(engine, next, ONE, ON);
                Socket batch = fixture.gateway.raw(raw("batch", true))) {
            GatewayFixture.readUntil(batch.getInputStream(), delta("two"));
            HttpResponse<String> plain = fixture.gateway.post(CHAT, chat(false), "x-api-key", key("plain"));
            assertThat(plain.statusCode()).isEqualTo(200);
            assertThat(cut.await(20, TimeUnit.SECONDS)).as("the engine is told").isTrue();
            String rest = GatewayFixture.readAll(batch.getInputStream());
            assertThat(rest)
                    .contains("\"code\":\"evicted\"", "\"type\":\"overloaded_error\"", "higher priority")
                    .doesNotContain("[DONE]", "\"finish_reason\":\"")
                    .doesNotEndWith("0\r\n\r\n");
            assertThat(engine.requests()).hasSize(2);
            awaitLine(fixture, "sluice_requests_total\\{.*reason=\"evicted\".*status=\"200\".*} 1.0");
            awaitLine(fixture, "sluice_evicted_total\\{pool=\"chat\",priority=\"-10\"} 1.0");
            awaitLine(fixture, "sluice_upstream_attempts_total\\{outcome=\"evicted\"} 1.0");
            fixture.gateway.awaitIdle();
        }
        JsonNode line = usage().stream()
                .filter(row -> row.get("tenant").asText().equals("batch"))
                .findFirst()
                .orElseThrow();
        assertThat(line.get("outcome").asText()).isEqualTo("evicted");
        assertThat(line.get("status").asInt()).isEqualTo(200);
        assertThat(line.toString()).as("what it had counts").contains("\"outputTokens\":2", "\"estimated\":true");
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void whoHasHadNothingYetIsToldToComeAgain(boolean stream) throws Exception {
        try (ScriptedEngine engine = silent();
                ScriptedEngine next = new ScriptedEngine("base-next");
                TenantFixture fixture = start(engine, next, ONE, ON);
                Socket batch = fixture.gateway.raw(raw("batch", stream))) {
            engine.awaitRequests(1);
            assertThat(fixture.gateway
                            .post(CHAT, chat(false), "x-api-key", key("plain"))
                            .statusCode())
                    .isEqualTo(200);
            assertThat(cut.await(20, TimeUnit.SECONDS)).as("the engine is told").isTrue();
            assertThat(GatewayFixture.readUntil(batch.getInputStream(), "}}"))
                    .startsWith("HTTP/1.1 503")
                    .containsIgnoringCase("retry-after: 1")
                    .containsIgnoringCase("x-sluice-error-source: gateway")
                    .contains("\"code\":\"evicted\"");
            assertThat(engine.requests()).as("it is tried nowhere else").hasSize(2);
            awaitLine(fixture, "sluice_evicted_total\\{pool=\"chat\",priority=\"-10\"} 1.0");
            fixture.gateway.awaitIdle();
            batch.getOutputStream().write(raw("batch", false).getBytes(StandardCharsets.US_ASCII));
            assertThat(GatewayFixture.readUntil(batch.getInputStream(), "\"hi\""))
                    .as("the client's connection goes on")
                    .contains("HTTP/1.1 200");
        }
    }

    @Test
    void whileItIsOffTheOneThatCameFirstIsServedToItsEnd() throws Exception {
        try (ScriptedEngine engine = streaming();
                ScriptedEngine next = new ScriptedEngine("base-next");
                TenantFixture fixture = start(engine, next, ONE, OFF);
                Socket batch = fixture.gateway.raw(raw("batch", true))) {
            GatewayFixture.readUntil(batch.getInputStream(), delta("two"));
            CompletableFuture<HttpResponse<String>> plain = send(fixture, "plain");
            TenantFixture.until(() -> queued(fixture) == 1);
            ticks(fixture);
            assertThat(plain).isNotDone();
            release.countDown();
            assertThat(GatewayFixture.readUntil(batch.getInputStream(), "[DONE]"))
                    .doesNotContain("evicted");
            assertThat(plain.get().statusCode()).isEqualTo(200);
            fixture.gateway.awaitIdle();
            assertThat(fixture.gateway.admin("/metrics").body())
                    .doesNotContain("sluice_evicted_total{")
                    .doesNotContain("reason=\"evicted\"");
        }
    }

    @Test
    void onlyBatchGivesWayAndOnlyToOthers() throws Exception {
        try (ScriptedEngine engine = streaming();
                ScriptedEngine next = new ScriptedEngine("base-next");
                TenantFixture fixture = start(engine, next, ONE, ON)) {
            try (Socket plain = fixture.gateway.raw(raw("plain", true))) {
                GatewayFixture.readUntil(plain.getInputStream(), delta("two"));
                CompletableFuture<HttpResponse<String>> vip = send(fixture, "vip");
                CompletableFuture<HttpResponse<String>> batch = send(fixture, "batch");
                TenantFixture.until(() -> queued(fixture) == 2);
                ticks(fixture);
                release.countDown();
                assertThat(GatewayFixture.readUntil(plain.getInputStream(), "[DONE]"))
                        .doesNotContain("evicted");
                assertThat(vip.get().statusCode()).isEqualTo(200);
                assertThat(batch.get().statusCode()).isEqualTo(200);
            }
            fixture.gateway.awaitIdle();
        }
    }

    @Test
    void batchDoesNotGiveWayToBatch() throws Exception {
        try (ScriptedEngine engine = streaming();
                ScriptedEngine next = new ScriptedEngine("base-next");
                TenantFixture fixture = start(engine, next, ONE, ON)) {
            fixture.put("better", file("better", "priority: -1\n"));
            try (Socket batch = fixture.gateway.raw(raw("batch", true))) {
                GatewayFixture.readUntil(batch.getInputStream(), delta("two"));
                CompletableFuture<HttpResponse<String>> better = send(fixture, "better");
                TenantFixture.until(() -> queued(fixture) == 1);
                ticks(fixture);
                release.countDown();
                GatewayFixture.readUntil(batch.getInputStream(), "[DONE]");
                assertThat(better.get().statusCode()).isEqualTo(200);
            }
            fixture.gateway.awaitIdle();
        }
    }

    @Test
    void whatADetectorSaysCountsAsWell() throws Exception {
        String detected = ON.replace("predicted-ttft-detector", "concurrency-detector")
                .replace("{ttft: 100s}", "{maxConcurrency: 1}");
        try (ScriptedEngine engine = silent();
                ScriptedEngine next = new ScriptedEngine("base-next");
                TenantFixture fixture = start(engine, next, ONE.replace("concurrency: 1", "concurrency: 8"), detected);
                Socket batch = fixture.gateway.raw(raw("batch", true))) {
            engine.awaitRequests(1);
            assertThat(fixture.gateway
                            .post(CHAT, chat(false), "x-api-key", key("vip"))
                            .statusCode())
                    .isEqualTo(200);
            assertThat(cut.await(20, TimeUnit.SECONDS)).isTrue();
            assertThat(GatewayFixture.readUntil(batch.getInputStream(), "}}")).startsWith("HTTP/1.1 503");
            fixture.gateway.awaitIdle();
        }
    }
}
