package dev.sluice.simulator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.concurrent.Executors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SimulatorServerTest {
    private SimulatorServer server;

    @BeforeEach
    void start() {
        server = SimulatorServer.start(
                SimulatorOptions.builder().timeScale(0.1).task("all").build());
    }

    @AfterEach
    void stop() {
        server.close();
    }

    @Test
    void aClientThatLeavesBeforeTheFirstTokenIsAbortedWithin100Milliseconds() throws IOException {
        server.pause(true);
        assertLeavingIsNoticed("\"stream\":true", "");
        assertLeavingIsNoticed("\"stream\":false", "");
    }

    @Test
    void aClientThatLeavesInMidStreamIsAbortedWithin100Milliseconds() throws IOException {
        assertLeavingIsNoticed("\"stream\":true", "\"finish_reason\":null,\"token_ids\":null");
    }

    private void assertLeavingIsNoticed(String mode, String until) throws IOException {
        var nanos = new long[20];
        for (var i = 0; i < nanos.length; i++) {
            try (var client = new RawClient(server.port())) {
                client.send(RawClient.request(
                        "/v1/chat/completions",
                        "{\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}],\"max_tokens\":100000,\"ignore_eos\":true,"
                                + mode + "}"));
                Await.until(() -> server.engine(Engine::inFlight) == 1);
                if (!until.isEmpty()) {
                    client.readUntil(until);
                }
            }
            nanos[i] = Await.until(() -> server.engine(Engine::inFlight) == 0);
        }
        Arrays.sort(nanos);
        System.out.printf(
                "client gone -> aborted, %s: p50 %.2f ms, max %.2f ms%n", mode, nanos[10] / 1e6, nanos[19] / 1e6);
        assertThat(nanos[10]).isLessThan(100_000_000);
        assertThat(server.engine(Engine::kvBlocksUsed)).isZero();
    }

    @Test
    void aConnectionCarriesManyRequestsAlsoPipelined() throws IOException {
        var request = new String(
                        RawClient.request(
                                "/v1/completions", "{\"prompt\":\"the sea\",\"max_tokens\":3,\"stream\":true}"),
                        StandardCharsets.UTF_8)
                .replace("Connection: close\r\n", "")
                .getBytes(StandardCharsets.UTF_8);
        try (var client = new RawClient(server.port())) {
            for (var i = 0; i < 3; i++) {
                client.send(request).readUntil("data: [DONE]").readUntil("0\r\n\r\n");
            }
            client.send(request).send(request);
            client.readUntil("data: [DONE]").readUntil("0\r\n\r\n").readUntil("data: [DONE]");
        }
    }

    @Test
    void answersAreTheSameOnEveryInstanceOfASeedAndOtherwiseDiffer() throws IOException {
        try (var same = SimulatorServer.start(server.options());
                var other = SimulatorServer.start(
                        SimulatorOptions.builder().timeScale(0.1).seed(9).build())) {
            assertThat(text(same)).isEqualTo(text(server)).isNotEqualTo(text(other));
        }
    }

    private static String text(SimulatorServer from) throws IOException {
        return ConformanceTest.json(RawClient.post(
                                from.port(),
                                "/v1/chat/completions",
                                "{\"messages\":[{\"role\":\"user\",\"content\":\"tell me\"}],\"max_tokens\":12}")
                        .body())
                .at("/choices/0/message/content")
                .asText();
    }

    @Test
    void theNextTurnOfAConversationHitsTheAnswerToo() throws IOException {
        var first = "{\"role\":\"user\",\"content\":\"" + "sea ".repeat(40) + "\"}";
        var answer = RawClient.post(
                server.port(),
                "/v1/chat/completions",
                "{\"messages\":[" + first + "],\"max_tokens\":100,\"ignore_eos\":true}");
        var said = ConformanceTest.json(answer.body())
                .at("/choices/0/message/content")
                .asText();
        var next = RawClient.post(
                server.port(),
                "/v1/chat/completions",
                "{\"messages\":[" + first + ",{\"role\":\"assistant\",\"content\":" + Json.quote(said)
                        + "},{\"role\":\"user\",\"content\":\"go on\"}],\"max_tokens\":2}");
        var prompt =
                ConformanceTest.json(answer.body()).at("/usage/prompt_tokens").asInt();
        assertThat(ConformanceTest.json(next.body())
                        .at("/usage/prompt_tokens_details/cached_tokens")
                        .asInt())
                .isGreaterThan(prompt + 70);
    }

    @Test
    void embeddingsAreUnitVectorsAndCloserForSimilarTexts() throws IOException {
        var response = RawClient.post(
                server.port(), "/v1/embeddings", "{\"input\":[\"the red sea\",\"the red sun\",\"ten oak trees\"]}");
        var data = ConformanceTest.json(response.body());
        assertThat(data.path("object").asText()).isEqualTo("list");
        assertThat(data.at("/data/0/embedding").size()).isEqualTo(64);
        assertThat(data.at("/usage/prompt_tokens").asInt()).isPositive();
        var base64 = RawClient.post(
                server.port(), "/v1/embeddings", "{\"input\":\"a\",\"encoding_format\":\"base64\",\"dimensions\":8}");
        assertThat(ConformanceTest.json(base64.body()).at("/data/0/embedding").asText())
                .hasSize(44);
        var ranked = RawClient.post(
                server.port(),
                "/v1/rerank",
                "{\"query\":\"the red sea\",\"documents\":[\"ten oak trees\",\"the red sun\"],\"top_n\":1}");
        assertThat(ConformanceTest.json(ranked.body()).at("/results/0/index").asInt())
                .isEqualTo(1);
        var scores = RawClient.post(
                server.port(), "/v1/score", "{\"text_1\":\"the red sea\",\"text_2\":[\"the red sea\",\"ten oaks\"]}");
        var json = ConformanceTest.json(scores.body());
        assertThat(json.at("/data/0/score").asDouble())
                .isGreaterThan(json.at("/data/1/score").asDouble());
        assertThat(RawClient.post(server.port(), "/pooling", "{\"input\":\"a\"}")
                        .status())
                .isEqualTo(200);
    }

    @Test
    void storedResponsesCanBeReadAndContinuedAndUnknownOnesCannot() throws IOException {
        var first = ConformanceTest.json(RawClient.post(
                        server.port(),
                        "/v1/responses",
                        "{\"input\":\"" + "sea ".repeat(60) + "\",\"max_output_tokens\":20}")
                .body());
        var id = first.path("id").asText();
        assertThat(ConformanceTest.json(
                        RawClient.get(server.port(), "/v1/responses/" + id).body()))
                .isEqualTo(first);
        var next = ConformanceTest.json(RawClient.post(
                        server.port(),
                        "/v1/responses",
                        "{\"input\":\"go on\",\"previous_response_id\":\"" + id + "\",\"max_output_tokens\":4}")
                .body());
        assertThat(next.at("/usage/input_tokens_details/cached_tokens").asInt()).isGreaterThan(60);
        var unknown = RawClient.post(
                server.port(), "/v1/responses", "{\"input\":\"go on\",\"previous_response_id\":\"resp_nothing\"}");
        assertThat(unknown.status()).isEqualTo(404);
    }

    @Test
    void aForcedToolCallIsAnsweredWithValidArguments() throws IOException {
        var tool =
                "{\"type\":\"function\",\"function\":{\"name\":\"weather\",\"parameters\":{\"type\":\"object\",\"properties\":"
                        + "{\"city\":{\"type\":\"string\",\"enum\":[\"red\",\"blue\"]},\"days\":{\"type\":\"integer\"}}}}}";
        var chat = ConformanceTest.json(RawClient.post(
                        server.port(),
                        "/v1/chat/completions",
                        "{\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}],\"tools\":[" + tool
                                + "],\"tool_choice\":\"required\"}")
                .body());
        assertThat(chat.at("/choices/0/finish_reason").asText()).isEqualTo("tool_calls");
        var call = chat.at("/choices/0/message/tool_calls/0/function");
        assertThat(call.path("name").asText()).isEqualTo("weather");
        assertThat(ConformanceTest.json(call.path("arguments").asText())
                        .path("city")
                        .asText())
                .isIn("red", "blue");
        var message = ConformanceTest.json(RawClient.post(
                        server.port(),
                        "/v1/messages",
                        "{\"max_tokens\":50,\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}],\"tools\":[{\"name\":\"weather\","
                                + "\"input_schema\":{\"type\":\"object\",\"properties\":{\"city\":{\"type\":\"string\"}}}}],"
                                + "\"tool_choice\":{\"type\":\"any\"}}")
                .body());
        assertThat(message.path("stop_reason").asText()).isEqualTo("tool_use");
        assertThat(message.at("/content/0/input/city").isTextual()).isTrue();
    }

    @Test
    void hundredsOfStreamsRunAtOnceAndAllEnd() throws Exception {
        try (var executor = Executors.newVirtualThreadPerTaskExecutor()) {
            var all = IntStream.range(0, 300)
                    .mapToObj(i -> executor.submit(() -> RawClient.post(
                            server.port(),
                            "/v1/completions",
                            "{\"prompt\":\"number " + i + "\",\"max_tokens\":30,\"ignore_eos\":true,\"stream\":true}")))
                    .toList();
            for (var each : all) {
                assertThat(each.get().body()).endsWith("data: [DONE]\n\n").contains("\"finish_reason\":\"length\"");
            }
        }
        assertThat(server.engine(Engine::inFlight)).isZero();
    }

    @Test
    void aRequestThatIsNoHttpGetsPlainText400() throws IOException {
        try (var client = new RawClient(server.port())) {
            var answer = client.send("nonsense\r\n\r\n".getBytes(StandardCharsets.UTF_8))
                    .readAll();
            assertThat(answer.status()).isEqualTo(400);
            assertThat(answer.body()).isEqualTo("Invalid HTTP request received.");
        }
    }

    @Test
    void aBusyPortIsSaid() {
        assertThatThrownBy(() -> SimulatorServer.start(server.options().withPort(server.port())))
                .isInstanceOf(UncheckedIOException.class)
                .hasMessageContaining("" + server.port());
    }

    @Test
    void profilesComeFromFilesAndMistakesAreNamed(@TempDir Path folder) throws IOException {
        var file = Files.writeString(
                folder.resolve("mine.yaml"), "base: qwen3-32b-h100-tp2\nname: mine\nkvBlocks: 50\nstepBaseMillis: 3\n");
        var profile = ProfileFile.named(file.toString());
        assertThat(profile.kvBlocks()).isEqualTo(50);
        assertThat(profile.stepBaseMillis()).isEqualTo(3.0);
        assertThat(profile.perPrefillTokenMillis())
                .isEqualTo(EngineProfile.qwen32b().perPrefillTokenMillis());
        for (var wrong : new String[] {"kvBlox: 3", "kvBlocks: many", "kvBlocks: 0", "[1]", "base: none", "a: [b"}) {
            Files.writeString(file, wrong);
            assertThatThrownBy(() -> ProfileFile.named(file.toString())).isInstanceOf(IllegalArgumentException.class);
        }
        assertThatThrownBy(() -> ProfileFile.named("nowhere"))
                .hasMessageContaining("nowhere")
                .hasMessageContaining("llama-3.1-8b-h100");
    }
}
