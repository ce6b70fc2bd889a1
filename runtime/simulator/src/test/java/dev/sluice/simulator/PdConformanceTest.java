package dev.sluice.simulator;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sluice.simulator.transfer.ConnectorKind;
import dev.sluice.simulator.transfer.TransferOptions;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Replays the captured exchanges of two real vLLM 0.32.0 servers with NIXL: what comes back, what is pinned, who dies. Where a
 * request carries parameters that the real prefill side gave out, it gets those of this one.
 */
class PdConformanceTest {
    private SimulatorServer prefill;
    private SimulatorServer decode;

    @BeforeEach
    void startAPair() {
        prefill = SimulatorServer.start(options("prefill-18101", 0.05));
        decode = SimulatorServer.start(options("decode-18102", 0.05));
    }

    @AfterEach
    void stop() {
        prefill.close();
        decode.close();
    }

    private static SimulatorOptions options(String name, double timeScale) {
        return SimulatorOptions.builder()
                .model("tiny")
                .kvBlocks(2000)
                .blockSize(32)
                .maxModelLen(8192)
                .timeScale(timeScale)
                .transfer(TransferOptions.of(ConnectorKind.NIXL).withEngineId(name))
                .build();
    }

    static Stream<String> exchanges() {
        return Stream.of(
                "01-chat",
                "02-chat",
                "03-repeat",
                "07-messages",
                "07-responses",
                "08-n2",
                "09-two-prompts",
                "11-short",
                "18-expired",
                "04-prefill-leg-streaming",
                "10-prefill-leg-max-tokens-5");
    }

    @ParameterizedTest
    @MethodSource("exchanges")
    void bothLegsAreAnsweredAsTheRealPairDid(String name) throws IOException {
        if (name.equals("04-prefill-leg-streaming") || name.startsWith("10")) {
            same(Capture.of("pd/" + name), send(prefill, Capture.of("pd/" + name)));
            assertThat(prefill.exchanges().json().path("pins").size()).isEqualTo(1);
            return;
        }
        var captured = Capture.of("pd/" + name + "-prefill-leg");
        var first = send(prefill, captured);
        same(captured, first);
        var legs = Capture.all("pd").stream()
                .filter(c -> c.name().startsWith("pd/" + name + "-decode-leg"))
                .toList();
        for (var leg : legs) {
            same(leg, send(decode, withParams(leg, params(first))));
        }
        if (!legs.isEmpty()) {
            Await.until(() -> prefill.exchanges().json().path("pins").isEmpty());
            assertThat(decode.exchanges().stats().transfers()).isEqualTo(1);
            assertThat(decode.exchanges().stats().corrupt()).isZero();
        }
    }

    /** Status, header names, keys and types of the body, and what the numbers say about caches. */
    private static void same(Capture capture, RawClient.Response actual) {
        var expected = capture.response();
        assertThat(actual.status()).isEqualTo(expected.status());
        assertThat(actual.headers().keySet())
                .containsExactlyElementsOf(expected.headers().keySet());
        if (actual.headers().containsKey("transfer-encoding")) {
            assertThat(Shape.events(actual.body())).isEqualTo(Shape.events(expected.body()));
            return;
        }
        assertThat(Shape.of(actual.body())).isEqualTo(Shape.of(expected.body()));
        var said = ConformanceTest.json(actual.body());
        var real = ConformanceTest.json(expected.body());
        assertThat(said.path("error")).isEqualTo(real.path("error"));
        var pulled = real.at("/usage/prompt_tokens_details/cached_tokens");
        if (!capture.name().contains("03-") && !pulled.isMissingNode() && pulled.asInt() == 0) {
            assertThat(said.at("/usage/prompt_tokens_details/cached_tokens").asInt())
                    .isZero();
        }
        var mine = said.path("kv_transfer_params");
        if (mine.isObject()) {
            assertThat(mine.properties().stream().map(Map.Entry::getKey).toList())
                    .isEqualTo(real.path("kv_transfer_params").properties().stream()
                            .map(Map.Entry::getKey)
                            .toList());
            var id = real.at("/kv_transfer_params/remote_request_id").asText().replaceAll("[0-9a-f]{8,}", "X");
            assertThat(mine.path("remote_request_id").asText().replaceAll("[0-9a-f]{8,}", "X"))
                    .isEqualTo(id);
            var blocks = (mine.path("remote_num_tokens").asInt() + 31) / 32;
            assertThat(mine.path("remote_block_ids").path(0).size()).isEqualTo(blocks);
        }
    }

    @Test
    void theSecondTimeBothSidesHaveThePrefixThemselves() throws IOException {
        exchange("02-chat", "02-chat-decode-leg-stream");
        var repeated = exchange("03-repeat", "03-repeat-decode-leg");
        var cached = cached(repeated.first());
        assertThat(cached).isPositive();
        assertThat(cached(repeated.second())).isEqualTo(cached);
        assertThat(params(repeated.first()).path("remote_prefill_cached_tokens").asInt())
                .isEqualTo(cached);
    }

    @Test
    void ofSeveralSequencesOnlyOneIsNamedAndTheOthersWaitForTheirLease() throws IOException {
        var two = send(prefill, Capture.of("pd/08-n2-prefill-leg"));
        assertThat(params(two).path("remote_request_id").asText()).matches("[01]_cmpl-[0-9a-f]{16}-0-[0-9a-f]{8}");
        assertThat(prefill.exchanges().json().path("pins").size()).isEqualTo(2);
        var prompts = send(prefill, Capture.of("pd/09-two-prompts-prefill-leg"));
        assertThat(params(prompts).path("remote_request_id").asText()).matches("cmpl-[0-9a-f]{16}-0-[0-9a-f]{8}");
        assertThat(prefill.exchanges().json().path("pins").size()).isEqualTo(4);
        Await.until(() -> prefill.exchanges().json().path("pins").isEmpty());
        assertThat(prefill.<Long>engine(engine -> engine.stats().expiredLeases()))
                .isEqualTo(4);
    }

    @Test
    void theCountersMoveAsTheyDidOnTheRealPair() throws IOException {
        var beforePrefill = page(prefill);
        var beforeDecode = page(decode);
        exchange("01-chat", "01-chat-decode-leg");
        var delta = ConformanceTest.json(Capture.text("pd/01-metrics-delta.json"));
        moved(delta.path("prefill"), beforePrefill, page(prefill));
        moved(delta.path("decode"), beforeDecode, page(decode));
    }

    private static void moved(JsonNode delta, Map<String, String> before, Map<String, String> after) {
        var prompt = number(after, "vllm:prompt_tokens_total{engine=\"0\",model_name=\"tiny\"}");
        for (var series : delta.properties()) {
            var name = series.getKey();
            // The real model's prompt was 261 tokens long; its blocks were smaller in bytes, and its iterations count
            // the answer.
            var expected = series.getValue().asDouble() == 261
                    ? prompt
                    : series.getValue().asDouble();
            if (!name.contains("bytes_transferred_sum") && !name.contains("iteration_tokens_total")) {
                assertThat(number(after, name) - number(before, name)).as(name).isEqualTo(expected);
            }
        }
    }

    private static double number(Map<String, String> page, String series) {
        return Double.parseDouble(page.getOrDefault(series, "0"));
    }

    @Test
    void theMetricsPageHasTheFamiliesOfTheConnectorToo() throws IOException {
        var expected = Capture.text("metrics/nixl.txt")
                .lines()
                .map(line -> line.startsWith("#") ? line : line.substring(0, line.lastIndexOf(' ')))
                .toList();
        var actual = RawClient.get(decode.port(), "/metrics")
                .body()
                .lines()
                .filter(line -> line.contains("nixl") || line.contains("kv_fetch"))
                .map(line -> line.startsWith("#") ? line : line.substring(0, line.lastIndexOf(' ')))
                .toList();
        assertThat(actual).isEqualTo(expected);
    }

    @Test
    void paramsWithoutTheRequestIdHangAndKillTheEngineWhenTheClientLeaves() throws IOException {
        var capture = Capture.of("pd/05-decode-params-without-request-id");
        try (var client = new RawClient(decode.port())) {
            client.send(capture.request());
            Await.until(() -> decode.engine(engine -> engine.kv().deferred()) == 1);
            assertThat(client.timeout(300).readAll().end()).isEqualTo(RawClient.End.TIMEOUT);
            assertThat(decode.<Boolean>engine(Engine::isDead)).isFalse();
        }
        Await.until(() -> decode.engine(Engine::isDead));
        var next = Capture.of("pd/06-short-prompt-decode-leg");
        same(next, send(decode, next));
        assertThat(RawClient.get(decode.port(), "/health").status()).isEqualTo(503);
    }

    @Test
    void paramsWithoutBlockIdsKillTheEngine() throws IOException {
        var capture = Capture.of("pd/14b-null-params-decode-leg");
        same(capture, send(decode, capture));
        assertThat(decode.<Boolean>engine(Engine::isDead)).isTrue();
    }

    @Test
    void anEmptyObjectIsNothing() throws IOException {
        var capture = Capture.of("pd/14-empty-params-decode-leg");
        same(capture, send(decode, capture));
        assertThat(decode.exchanges().stats().transfers()).isZero();
    }

    @Test
    void aPromptWithMoreBlocksThanTheParamsNameKillsTheEngine() throws IOException {
        var capture = Capture.of("pd/21-decode-prompt-has-more-blocks-than-prefill");
        same(capture, send(decode, capture));
        assertThat(decode.<Boolean>engine(Engine::isDead)).isTrue();
    }

    @Test
    void aSideChannelWhereNobodyListensIsGivenUpAfterFiveSeconds() throws IOException {
        var first = send(prefill, Capture.of("pd/12-wrong-port-prefill-leg"));
        var leg = Capture.of("pd/12-wrong-port-decode-leg");
        var wrong = params(first).put("remote_engine_id", "other-engine").put("remote_port", 1);
        var began = System.nanoTime();
        same(leg, send(decode, withParams(leg, wrong)));
        // Five seconds at this pair's time scale.
        assertThat(System.nanoTime() - began).isGreaterThan(250_000_000L);
        assertThat(decode.<Boolean>engine(Engine::isDead)).isFalse();
        assertThat(prefill.exchanges().json().path("pins").size()).isEqualTo(1);
        assertThat(decode.exchanges().stats().failures()).isEqualTo(1);
    }

    @Test
    void anotherEnginesIdFailsTheRequestAndTheEngineLives() throws IOException {
        var first = send(prefill, Capture.of("pd/13-wrong-engine-id-prefill-leg"));
        var leg = Capture.of("pd/13-wrong-engine-id-decode-leg");
        same(leg, send(decode, withParams(leg, params(first).put("remote_engine_id", "wrong-id"))));
        assertThat(decode.<Boolean>engine(Engine::isDead)).isFalse();
    }

    @Test
    void paramsUsedTwiceAreAnsweredTwiceAndTheSecondPromptIsNotWhatWasFetched() throws IOException {
        var first = send(prefill, Capture.of("pd/15-twice-prefill-leg"));
        same(
                Capture.of("pd/15-twice-a-decode-leg"),
                send(decode, withParams(Capture.of("pd/15-twice-a-decode-leg"), params(first))));
        var other = SimulatorServer.start(options("decode-b", 0.05));
        try (other) {
            var leg = Capture.of("pd/15-twice-b-decode-leg");
            // What differs between the prompts of the capture is their ends; here it is their beginnings.
            var again = withParams(leg, params(first)).with("15-twice0", "51-twice0");
            assertThat(send(other, again).status()).isEqualTo(200);
            assertThat(other.exchanges().stats().corrupt()).isEqualTo(1);
            Await.until(() -> prefill.exchanges().stats().lateReleases() == 1);
        }
    }

    @Test
    void clientsThatLeaveFreeTheBlocksOfBothSides() throws IOException {
        var first = send(prefill, Capture.of("pd/16-leave-prefill-leg"));
        try (var client = new RawClient(decode.port())) {
            client.send(withParams(Capture.of("pd/16-leave-decode-leg"), params(first))
                    .request());
            client.readUntil("\"text\"");
        }
        Await.until(() -> decode.engine(Engine::inFlight) == 0 && decode.engine(Engine::kvBlocksUsed) == 0);
        Await.until(() -> prefill.engine(Engine::kvBlocksUsed) == 0);
        prefill.pause(true);
        try (var client = new RawClient(prefill.port())) {
            client.send(Capture.of("pd/17-prefill-client-leaves").request());
            Await.until(() -> prefill.engine(Engine::inFlight) == 1);
        }
        Await.until(() -> prefill.engine(Engine::inFlight) == 0);
        prefill.pause(false);
        assertThat(prefill.exchanges().json().path("pins").size()).isZero();
    }

    @Test
    void anExpiredLeaseIsAnsweredAllTheSameAndCounted() throws IOException {
        var first = send(prefill, Capture.of("pd/18-expired-prefill-leg"));
        Await.until(() -> prefill.exchanges().json().path("pins").isEmpty());
        var leg = Capture.of("pd/18-expired-decode-leg");
        same(leg, send(decode, withParams(leg, params(first))));
        Await.until(() -> prefill.exchanges().stats().lateReleases() == 1);
        assertThat(page(prefill))
                .containsEntry("vllm:nixl_num_kv_expired_reqs_total{engine=\"0\",model_name=\"tiny\"}", "1.0")
                .containsEntry(
                        "vllm:nixl_num_notifications_after_expiry_total{engine=\"0\",model_name=\"tiny\"}", "1.0");
    }

    @Test
    void anEngineWhoseApiIsGoneCanStillBeFetchedFromAndOneThatIsGoneFailsSoon() throws IOException {
        var first = send(prefill, Capture.of("pd/12-wrong-port-prefill-leg"));
        var second = send(prefill, Capture.of("pd/13-wrong-engine-id-prefill-leg"));
        var third = send(prefill, Capture.of("pd/16-leave-prefill-leg"));
        prefill.stopApi();
        var alive = Capture.of("pd/20-peer-killed-decode-leg");
        same(alive, send(decode, withParams(prompt(alive, "pd/12-wrong-port-prefill-leg"), params(first))));
        prefill.stop();
        var dead = Capture.of("pd/22-peer-dead-decode-leg");
        same(dead, send(decode, withParams(prompt(dead, "pd/13-wrong-engine-id-prefill-leg"), params(second))));
        var stream = Capture.of("pd/22-peer-dead-decode-leg-stream");
        same(stream, send(decode, withParams(prompt(stream, "pd/16-leave-prefill-leg"), params(third))));
        assertThat(decode.<Boolean>engine(Engine::isDead)).isFalse();
    }

    @Test
    void theFilesConnectorLoadsWhatItStoredAndIgnoresTheSalt() throws IOException {
        try (var single = SimulatorServer.start(options("s4", 0.05).toBuilder()
                .transfer(TransferOptions.of(ConnectorKind.SHARED_STORAGE))
                .build())) {
            var first = Capture.of("pd/30-example-connector-first");
            same(first, send(single, first));
            single.engine(engine -> {
                engine.resetCache();
                return engine;
            });
            var again = Capture.of("pd/30-example-connector-second-after-reset");
            var loaded = send(single, again);
            same(again, loaded);
            assertThat(cached(loaded)).isPositive();
            var salted = send(single, Capture.of("pd/31-example-connector-other-salt"));
            assertThat(cached(salted)).isEqualTo(cached(loaded));
        }
    }

    private record Both(RawClient.Response first, RawClient.Response second) {}

    private Both exchange(String prefillName, String decodeName) throws IOException {
        var first = send(prefill, Capture.of("pd/" + prefillName + "-prefill-leg"));
        var second = send(decode, withParams(Capture.of("pd/" + decodeName), params(first)));
        Await.until(() -> prefill.exchanges().json().path("pins").isEmpty());
        return new Both(first, second);
    }

    private static int cached(RawClient.Response response) {
        return ConformanceTest.json(response.body())
                .at("/usage/prompt_tokens_details/cached_tokens")
                .asInt();
    }

    private static ObjectNode params(RawClient.Response response) {
        return (ObjectNode) ConformanceTest.json(response.body()).path("kv_transfer_params");
    }

    private static ObjectNode body(Capture capture) {
        var text = new String(capture.request(), java.nio.charset.StandardCharsets.UTF_8);
        return (ObjectNode) ConformanceTest.json(text.substring(text.indexOf("\r\n\r\n") + 4));
    }

    private static Capture withParams(Capture leg, JsonNode params) {
        var body = body(leg);
        body.set("kv_transfer_params", params);
        return rewritten(leg, body);
    }

    /** The request with another one's prompt. */
    private static Capture prompt(Capture leg, String other) {
        var body = body(leg);
        body.set("prompt", body(Capture.of(other)).path("prompt"));
        return rewritten(leg, body);
    }

    private static Capture rewritten(Capture leg, JsonNode body) {
        var text = new String(leg.request(), java.nio.charset.StandardCharsets.UTF_8);
        return leg.with(text.substring(text.indexOf("\r\n\r\n") + 4), body.toString());
    }

    private static Map<String, String> page(SimulatorServer server) throws IOException {
        var page = new LinkedHashMap<String, String>();
        RawClient.get(server.port(), "/metrics")
                .body()
                .lines()
                .filter(line -> line.startsWith("vllm:"))
                .forEach(line ->
                        page.put(line.substring(0, line.lastIndexOf(' ')), line.substring(line.lastIndexOf(' ') + 1)));
        return page;
    }

    private static RawClient.Response send(SimulatorServer server, Capture capture) throws IOException {
        try (var client = new RawClient(server.port())) {
            return client.send(capture.request()).readAll();
        }
    }
}
