package dev.sluice.simulator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.simulator.Faults.Kind;
import dev.sluice.simulator.Faults.Metrics;
import dev.sluice.simulator.Faults.Rule;
import dev.sluice.simulator.RawClient.End;
import dev.sluice.simulator.RawClient.Response;
import java.io.IOException;
import java.net.ConnectException;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class FaultsTest {
    private static final String STREAM =
            "{\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}],\"max_tokens\":6,\"ignore_eos\":true,\"stream\":true}";
    private static final String WHOLE = STREAM.replace(",\"stream\":true", "");
    private SimulatorServer server;

    @BeforeEach
    void start() {
        server = SimulatorServer.start(
                SimulatorOptions.builder().timeScale(0.1).model("tiny").build());
    }

    @AfterEach
    void stop() {
        server.close();
    }

    @Test
    void itDiesBeforeTheHead() throws IOException {
        assertThat(chat(Kind.CLOSE_BEFORE_HEAD, STREAM).end()).isEqualTo(End.EOF);
        assertThat(chat(Kind.CLOSE_BEFORE_HEAD, STREAM).raw()).isEmpty();
        assertThat(chat(Kind.RESET_BEFORE_HEAD, STREAM).end()).isEqualTo(End.RESET);
    }

    @Test
    void itDiesAfterTheHead() throws IOException {
        var closed = chat(Kind.CLOSE_AFTER_HEAD, STREAM);
        assertThat(closed.status()).isEqualTo(200);
        assertThat(closed.body()).isEmpty();
        assertThat(closed.complete()).isFalse();
        assertThat(chat(Kind.RESET_AFTER_HEAD, WHOLE).end()).isEqualTo(End.RESET);
    }

    @Test
    void itDiesInMidStream() throws IOException {
        var cut = chat(Kind.CUT, STREAM);
        assertThat(events(cut)).isEqualTo(2);
        assertThat(cut.complete()).isFalse();
        assertThat(cut.end()).isEqualTo(End.EOF);
        var reset = chat(Kind.RESET, STREAM);
        assertThat(reset.end()).isEqualTo(End.RESET);
        assertThat(reset.complete()).isFalse();
    }

    @Test
    void itEndsAStreamCleanlyWithoutSayingThatItIsOver() throws IOException {
        var early = chat(Kind.END_EARLY, STREAM);
        assertThat(early.complete()).isTrue();
        assertThat(early.body()).doesNotContain("[DONE]").doesNotContain("\"length\"");
        var noDone = chat(Kind.NO_DONE, STREAM);
        assertThat(noDone.complete()).isTrue();
        assertThat(noDone.body()).contains("\"finish_reason\":\"length\"").doesNotContain("[DONE]");
    }

    @Test
    void itStallsUntilTheClientLeavesAndThenLetsGo() throws IOException {
        server.faults().rules(Rule.always(Kind.STALL));
        for (var body : new String[] {STREAM, WHOLE}) {
            try (var client = new RawClient(server.port())) {
                var seen = client.timeout(300)
                        .send(RawClient.request("/v1/chat/completions", body))
                        .readAll();
                assertThat(seen.end()).isEqualTo(End.TIMEOUT);
                assertThat(events(seen)).isEqualTo(body.equals(STREAM) ? 2 : 0);
            }
        }
        Await.until(() -> server.engine(Engine::inFlight) == 0);
    }

    @Test
    void anAbortLooksLikeSuccessAsInTheCaptures() throws IOException {
        var stream = chat(Kind.ABORT, STREAM.replace("\"max_tokens\":6", "\"max_tokens\":500"));
        var captured = Shape.events("{}\n\n" + Capture.text("abort/sigterm_stream.tail.txt"));
        var shapes = Shape.events(stream.body());
        assertThat(stream.complete()).isTrue();
        assertThat(stream.body()).contains("\"delta\":{},\"logprobs\":null,\"finish_reason\":\"abort\"");
        assertThat(shapes.subList(shapes.size() - 2, shapes.size()))
                .isEqualTo(captured.subList(captured.size() - 2, captured.size()));
        var whole = chat(Kind.ABORT, WHOLE.replace("\"max_tokens\":6", "\"max_tokens\":500"));
        var expected = RawClient.parse(
                Capture.text("abort/sigterm_nonstream.response.http").getBytes(StandardCharsets.UTF_8), End.EOF);
        assertThat(whole.status()).isEqualTo(200);
        assertThat(Shape.of(whole.body())).isEqualTo(Shape.of(expected.body()));
        assertThat(ConformanceTest.json(whole.body())
                        .at("/choices/0/finish_reason")
                        .asText())
                .isEqualTo("abort");
    }

    @Test
    void aTerminatedServerAbortsWhatRunsAndIsGone() throws Exception {
        try (var executor = Executors.newVirtualThreadPerTaskExecutor()) {
            var long1 = executor.submit(() -> post(STREAM.replace("\"max_tokens\":6", "\"max_tokens\":100000")));
            var long2 = executor.submit(() -> post(WHOLE.replace("\"max_tokens\":6", "\"max_tokens\":100000")));
            Await.until(
                    () -> server.engine(e -> e.stats().generationTokens()) > 10 && server.engine(Engine::running) == 2);
            server.terminate();
            assertThat(long1.get().body())
                    .contains("\"finish_reason\":\"abort\"")
                    .endsWith("data: [DONE]\n\n");
            assertThat(long2.get().status()).isEqualTo(200);
            assertThat(long2.get().body()).contains("\"finish_reason\":\"abort\"");
        }
        assertThatThrownBy(() -> post(WHOLE)).isInstanceOf(ConnectException.class);
    }

    @Test
    void aKilledEngineFailsWhatRunsAsInTheCapturesAndHealthSaysSo() throws Exception {
        try (var executor = Executors.newVirtualThreadPerTaskExecutor()) {
            var stream = executor.submit(() -> post(STREAM.replace("\"max_tokens\":6", "\"max_tokens\":100000")));
            var whole = executor.submit(() -> post(WHOLE.replace("\"max_tokens\":6", "\"max_tokens\":100000")));
            Await.until(
                    () -> server.engine(e -> e.stats().generationTokens()) > 10 && server.engine(Engine::running) == 2);
            server.killEngine();
            var captured = Capture.text("abort/engine-core-killed_stream.tail.txt");
            var end = captured.substring(captured.indexOf("data: {\"error\""));
            assertThat(stream.get().body()).endsWith(end);
            assertThat(whole.get().body())
                    .isEqualTo(RawClient.parse(
                                    Capture.text("abort/engine-core-killed_nonstream.response.http")
                                            .getBytes(StandardCharsets.UTF_8),
                                    End.EOF)
                            .body());
        }
        assertThat(RawClient.get(server.port(), "/health").status()).isEqualTo(503);
        assertThat(post(WHOLE).status()).isEqualTo(500);
    }

    @Test
    void itAnswersWithAnErrorAsOftenAsItIsTold() throws IOException {
        server.faults().rules(new Rule(Kind.STATUS, 0.5, -1, 0, 503, "/v1/chat"));
        var refused = 0;
        for (var i = 0; i < 60; i++) {
            refused += post(WHOLE).status() == 503 ? 1 : 0;
        }
        assertThat(refused).isBetween(15, 45);
        assertThat(RawClient.post(server.port(), "/v1/completions", "{\"prompt\":\"a\",\"max_tokens\":1}")
                        .status())
                .isEqualTo(200);
    }

    @Test
    void aRuleWithOneUseStrikesOnce() throws IOException {
        server.faults().rules(Rule.once(Kind.STATUS, 0));
        assertThat(post(WHOLE).status()).isEqualTo(500);
        assertThat(post(WHOLE).status()).isEqualTo(200);
    }

    @Test
    void itLiesAboutLengthsAndContent() throws IOException {
        var honest = post(WHOLE);
        var shorter = chat(Kind.SHORT_LENGTH, WHOLE);
        assertThat(Integer.parseInt(shorter.headers().getOrDefault("content-length", "")))
                .isLessThan(shorter.body().length());
        var longer = chat(Kind.LONG_LENGTH, WHOLE);
        assertThat(longer.complete()).isFalse();
        assertThat(longer.body().length()).isEqualTo(honest.body().length());
        assertThat(Shape.of(chat(Kind.GARBAGE_BODY, WHOLE).body())).startsWith("not JSON");
        assertThat(chat(Kind.BAD_HEAD, WHOLE).status()).isZero();
    }

    @Test
    void itFloodsWithInterimResponses() throws IOException {
        var flood = new String(chat(Kind.INFORMATIONAL, WHOLE).raw(), StandardCharsets.ISO_8859_1);
        assertThat(flood.split("HTTP/1.1 103 Early Hints", -1)).hasSize(1001);
        assertThat(flood).contains("HTTP/1.1 200 OK");
    }

    @Test
    void itLiesAboutUsage() throws IOException {
        var usage = ConformanceTest.json(chat(Kind.WRONG_USAGE, WHOLE).body()).path("usage");
        assertThat(usage.path("completion_tokens").asInt()).isEqualTo(60);
        assertThat(usage.at("/prompt_tokens_details/cached_tokens").asInt())
                .isGreaterThan(usage.path("prompt_tokens").asInt());
    }

    @Test
    void anErrorCanComeInMidStream() throws IOException {
        var response = chat(Kind.ERROR_EVENT, STREAM);
        assertThat(response.body()).contains("data: {\"error\": {").endsWith("data: [DONE]\n\n");
        assertThat(chat(Kind.ERROR_EVENT, WHOLE).status()).isEqualTo(500);
    }

    @Test
    void metricsCanBeGarbageOrNotNumbersOrNeverEnd() throws IOException {
        server.faults().metrics(Metrics.NAN);
        assertThat(metrics(2000).body()).contains("vllm:num_requests_running{engine=\"0\",model_name=\"tiny\"} NaN");
        server.faults().metrics(Metrics.GARBAGE);
        assertThat(metrics(2000).body()).contains("1e999");
        server.faults().metrics(Metrics.ERROR);
        assertThat(metrics(2000).status()).isEqualTo(500);
        server.faults().metrics(Metrics.HANG);
        assertThat(metrics(200).end()).isEqualTo(End.TIMEOUT);
        server.faults().metrics(Metrics.ENDLESS);
        try (var client = new RawClient(server.port())) {
            client.send("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n".getBytes(StandardCharsets.UTF_8));
            client.readUntil("series=\"50\"");
        }
    }

    @Test
    void connectionsAreRefusedAndTheSamePortComesBackCold() throws IOException {
        var port = server.port();
        post(WHOLE);
        server.stop();
        assertThatThrownBy(() -> post(WHOLE)).isInstanceOf(ConnectException.class);
        server.restart();
        assertThat(server.port()).isEqualTo(port);
        long prompts = server.engine(e -> e.stats().promptTokens());
        assertThat(prompts).isZero();
        assertThat(post(WHOLE).status()).isEqualTo(200);
        server.faults().refuse(true);
        assertThat(refused()).isTrue();
        server.faults().refuse(false);
        assertThat(post(WHOLE).status()).isEqualTo(200);
    }

    @Test
    void faultsAreSetAndShownOverHttp() throws IOException {
        var state = RawClient.post(
                server.port(),
                "/debug/faults",
                "{\"rules\":[{\"kind\":\"status\",\"status\":429,\"uses\":1}],\"slow\":2,\"kv_blocks\":100,\"metrics\":\"nan\"}");
        var json = ConformanceTest.json(state.body());
        assertThat(json.at("/rules/0/kind").asText()).isEqualTo("status");
        assertThat(json.path("kv_blocks").asInt()).isEqualTo(100);
        assertThat(post(WHOLE).status()).isEqualTo(429);
        assertThat(RawClient.get(server.port(), "/debug/state").body()).contains("\"uses\":0");
        var wrong = RawClient.post(server.port(), "/debug/faults", "{\"rules\":[{\"kind\":\"nonsense\"}]}");
        assertThat(wrong.status()).isEqualTo(400);
    }

    private boolean refused() {
        try {
            return post(WHOLE).status() == 0;
        } catch (IOException e) {
            return true;
        }
    }

    private Response metrics(int timeout) throws IOException {
        try (var client = new RawClient(server.port())) {
            return client.timeout(timeout)
                    .send("GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
                            .getBytes(StandardCharsets.UTF_8))
                    .readAll();
        }
    }

    private Response chat(Kind kind, String body) throws IOException {
        server.faults().rules(Rule.always(kind));
        return post(body);
    }

    private Response post(String body) throws IOException {
        return RawClient.post(server.port(), "/v1/chat/completions", body);
    }

    private static int events(Response response) {
        return response.body().split("data: ", -1).length - 1;
    }
}
