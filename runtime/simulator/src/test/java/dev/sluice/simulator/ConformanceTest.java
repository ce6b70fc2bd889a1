package dev.sluice.simulator;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Replays captured requests of a real vLLM 0.32.0 and compares the answers file by file. */
class ConformanceTest {
    private static SimulatorServer single;
    private static SimulatorServer scaleOut;
    private static String thirdWord;
    private static int thirdToken;

    @BeforeAll
    static void startTwoServersLikeThoseOfTheCaptures() throws IOException {
        var options = SimulatorOptions.builder()
                .model("tiny")
                .adapters(List.of("alpha"))
                .kvBlocks(280)
                .blockSize(32)
                .maxModelLen(8192)
                .timeScale(0.2)
                .seed(2)
                .scaleOut(false)
                .priorityScheduling(true);
        single = SimulatorServer.start(options.build());
        scaleOut = SimulatorServer.start(
                options.scaleOut(true).forceIncludeUsage(true).build());
        var answer = json(send(single, Capture.of("http/chat_return_token_ids")).body());
        thirdWord = " " + answer.at("/choices/0/message/content").asText().split(" ")[3];
        thirdToken = answer.at("/choices/0/token_ids/3").asInt();
    }

    @AfterAll
    static void stop() {
        single.close();
        scaleOut.close();
    }

    static Stream<Capture> answers() {
        return Stream.of("http", "errors")
                .flatMap(folder -> Capture.all(folder).stream())
                .filter(capture -> !capture.name().equals("errors/overload_503"));
    }

    static Stream<Capture> streams() {
        return Capture.all("sse").stream();
    }

    @ParameterizedTest
    @MethodSource("answers")
    void aWholeAnswerHasTheSameStatusHeadersAndShape(Capture capture) throws IOException {
        var expected = capture.response();
        var actual = send(serverFor(capture), adapted(capture));
        assertThat(actual.status()).isEqualTo(expected.status());
        assertThat(actual.headers().keySet())
                .containsExactlyElementsOf(expected.headers().keySet());
        for (var header : List.of("content-type", "allow", "connection", "vary")) {
            assertThat(actual.headers().getOrDefault(header, ""))
                    .isEqualTo(expected.headers().getOrDefault(header, ""));
        }
        if (new String(capture.request(), StandardCharsets.UTF_8).contains("X-Request-Id")) {
            assertThat(actual.headers())
                    .containsEntry("x-request-id", expected.headers().getOrDefault("x-request-id", ""));
        }
        if (expected.body().isEmpty()) {
            assertThat(actual.body()).isEmpty();
            return;
        }
        assertThat(Shape.of(actual.body())).isEqualTo(Shape.of(expected.body()));
        sameWords(capture, json(expected.body()), json(actual.body()));
    }

    @ParameterizedTest
    @MethodSource("streams")
    void aStreamHasTheSameHeadersAndEventsInTheSameOrder(Capture capture) throws IOException {
        var expected = capture.response();
        var actual = send(serverFor(capture), adapted(capture));
        assertThat(actual.status()).isEqualTo(expected.status());
        assertThat(actual.headers().keySet())
                .containsExactlyElementsOf(expected.headers().keySet());
        assertThat(actual.headers())
                .containsEntry("content-type", expected.headers().getOrDefault("content-type", ""));
        assertThat(actual.complete()).isTrue();
        var shapes = Shape.events(actual.body());
        var captured = Shape.events(expected.body());
        if (capture.name().contains("n2") || capture.name().contains("two_prompts")) {
            // Sequences of one stream interleave as they like.
            assertThat(Set.copyOf(shapes)).isEqualTo(Set.copyOf(captured));
            assertThat(shapes.getFirst()).isEqualTo(captured.getFirst());
            assertThat(shapes.subList(shapes.size() - 2, shapes.size()))
                    .isEqualTo(captured.subList(captured.size() - 2, captured.size()));
        } else {
            assertThat(shapes).isEqualTo(captured);
        }
    }

    @Test
    void theCapturedOverloadAnswerIsGivenWhenTheQueueIsFull() throws IOException {
        var capture = Capture.of("errors/overload_503");
        try (var server = SimulatorServer.start(
                SimulatorOptions.builder().model("tiny").maxNumQueuedReqs(1).build())) {
            server.pause(true);
            try (var first = new RawClient(server.port())) {
                first.send(RawClient.request("/v1/completions", "{\"prompt\":\"a\"}"));
                Await.until(() -> server.engine(Engine::inFlight) == 1);
                var actual = send(server, capture);
                assertThat(actual.status()).isEqualTo(503);
                assertThat(actual.headers().keySet())
                        .containsExactlyElementsOf(capture.response().headers().keySet());
                assertThat(actual.body()).isEqualTo(capture.response().body());
            }
        }
    }

    @Test
    void theSecondRequestIsCachedAndAnotherSaltOrAdapterIsNot() throws IOException {
        try (var server = SimulatorServer.start(SimulatorOptions.builder()
                .model("tiny")
                .adapters(List.of("alpha"))
                .blockSize(32)
                .timeScale(0.1)
                .build())) {
            var hits = new ArrayList<Boolean>();
            var captured = new ArrayList<Boolean>();
            for (var capture : Capture.all("http").stream()
                    .filter(c -> c.name().contains("cached_"))
                    .toList()) {
                hits.add(cached(send(server, capture)) > 0);
                captured.add(cached(capture.response()) > 0);
            }
            assertThat(hits).isEqualTo(captured).contains(true, false);
        }
    }

    @Test
    void theMetricsPageHasTheSameFamiliesTypesAndLabels() throws IOException {
        var page = freshPage();
        assertThat(page.headers()).containsEntry("content-type", "text/plain; version=1.0.0; charset=utf-8");
        var expected = families(Capture.text("metrics/page.txt"));
        var actual = families(page.body());
        // Series of the HTTP instrumentation come and go with the routes that were used.
        expected.keySet().removeIf(name -> name.startsWith("http_"));
        actual.keySet().removeIf(name -> name.startsWith("http_"));
        assertThat(actual).isEqualTo(expected);
        assertThat(types(page.body()))
                .containsAll(types(Capture.text("metrics/page.txt")).stream()
                        .filter(t -> !t.contains(" http_"))
                        .toList());
        assertThat(page.body().length()).isGreaterThan(45_000);
    }

    private static RawClient.Response freshPage() throws IOException {
        try (var server = SimulatorServer.start(SimulatorOptions.builder()
                .model("tiny")
                .maxModelLen(8192)
                .timeScale(0.1)
                .build())) {
            send(server, Capture.of("http/chat"));
            return RawClient.get(server.port(), "/metrics");
        }
    }

    @Test
    void theMetricsPageCountsWhatHappened() throws IOException {
        try (var server = SimulatorServer.start(SimulatorOptions.builder()
                .model("tiny")
                .blockSize(16)
                .timeScale(0.1)
                .build())) {
            var body = "{\"prompt\":\"" + "sea ".repeat(100) + "\",\"max_tokens\":20,\"ignore_eos\":true}";
            RawClient.post(server.port(), "/v1/completions", body);
            RawClient.post(server.port(), "/v1/completions", body);
            var page = RawClient.get(server.port(), "/metrics").body();
            var labels = "{engine=\"0\",model_name=\"tiny\"} ";
            assertThat(page).contains("vllm:prefix_cache_queries_total" + labels + "202.0");
            assertThat(page).contains("vllm:prefix_cache_hits_total" + labels + "96.0");
            assertThat(page).contains("vllm:generation_tokens_total" + labels + "40.0");
            assertThat(page).contains("vllm:num_requests_running" + labels + "0.0");
            assertThat(page)
                    .contains(
                            "vllm:request_success_total{engine=\"0\",finished_reason=\"length\",model_name=\"tiny\"} 2.0");
            assertThat(page).contains("vllm:time_to_first_token_seconds_count" + labels + "2.0");
            assertThat(page).contains("block_size=\"16\"").contains("num_gpu_blocks=\"26250\"");
        }
    }

    @Test
    void aPromptBeyondTheContextIsRefusedInTheWordsOfTheCaptures() throws IOException {
        var chat = RawClient.post(
                single.port(),
                "/v1/chat/completions",
                "{\"messages\":[{\"role\":\"user\",\"content\":\"" + "sea ".repeat(9000) + "\"}]}");
        assertThat(chat.status()).isEqualTo(400);
        assertThat(chat.body())
                .isEqualTo(
                        "{\"error\":{\"message\":\"This model's maximum context length is 8192 tokens. However, your prompt"
                                + " contains at least 8193 input tokens, which exceeds this limit even without any output tokens."
                                + " Please reduce the length of the input prompt. (parameter=input_tokens, value=8193)\",\"type\":"
                                + "\"BadRequestError\",\"param\":\"input_tokens\",\"code\":400}}");
        var clamped = RawClient.post(
                single.port(),
                "/v1/completions",
                "{\"prompt\":[" + "100,".repeat(8189) + "100],\"max_tokens\":50,\"ignore_eos\":true}");
        assertThat(json(clamped.body()).at("/usage/completion_tokens").asInt()).isEqualTo(2);
    }

    private static SimulatorServer serverFor(Capture capture) {
        return capture.name().contains("scaleout") || capture.name().contains("force_include") ? scaleOut : single;
    }

    /** What depends on the captured model's words is replaced by this one's. */
    private static Capture adapted(Capture capture) {
        return capture.with("\" kod\"", "\"" + thirdWord + "\"")
                .with("[1677]", "[" + thirdToken + "]")
                .with("99999]", "999999999]")
                // The captured model never finished its arguments; ours is cut where it has not finished either.
                .with("\"max_tokens\": 60", "\"max_tokens\": 4")
                .with("\"max_tokens\": 80", "\"max_tokens\": 4");
    }

    private static RawClient.Response send(SimulatorServer server, Capture capture) throws IOException {
        try (var client = new RawClient(server.port())) {
            return client.send(capture.request()).readAll();
        }
    }

    /** Words that mean something to a client must be the same words. */
    private static void sameWords(Capture capture, JsonNode expected, JsonNode actual) {
        for (var pointer : List.of(
                "/object",
                "/type",
                "/detail",
                "/status",
                "/model",
                "/error/type",
                "/error/param",
                "/error/code",
                "/choices/0/finish_reason",
                "/stop_reason",
                "/usage/completion_tokens",
                "/usage/output_tokens",
                "/data/1/parent",
                "/server_load",
                "/version")) {
            if (!capture.name().contains("tool_") && !capture.name().contains("json")) {
                assertThat(actual.at(pointer)).as("%s in %s", pointer, actual).isEqualTo(expected.at(pointer));
            }
        }
        if (expected.has("error") && !capture.name().equals("errors/bad_json")) {
            var message = expected.at("/error/message").asText().replace("99999 ", "999999999 ");
            assertThat(actual.at("/error/message").asText()).isEqualTo(message);
        }
    }

    private static int cached(RawClient.Response response) {
        return json(response.body())
                .at("/usage/prompt_tokens_details/cached_tokens")
                .asInt();
    }

    private static final Pattern LABEL = Pattern.compile("(\\w+)=\"");

    private static Map<String, Set<String>> families(String page) {
        var families = new TreeMap<String, Set<String>>();
        page.lines().filter(line -> !line.startsWith("#") && !line.isBlank()).forEach(line -> {
            var brace = line.indexOf('{');
            var name = brace < 0 ? line.substring(0, line.indexOf(' ')) : line.substring(0, brace);
            var labels = families.computeIfAbsent(name, k -> new TreeSet<>());
            if (brace >= 0) {
                LABEL.matcher(line).results().forEach(match -> labels.add(match.group(1)));
            }
        });
        return families;
    }

    private static List<String> types(String page) {
        return page.lines().filter(line -> line.startsWith("# TYPE")).toList();
    }

    static JsonNode json(String text) {
        try {
            return Json.MAPPER.readTree(text);
        } catch (IOException e) {
            throw new IllegalArgumentException(Arrays.toString(text.getBytes(StandardCharsets.UTF_8)), e);
        }
    }
}
