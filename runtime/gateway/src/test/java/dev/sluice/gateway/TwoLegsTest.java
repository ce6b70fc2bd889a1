package dev.sluice.gateway;

import static dev.sluice.gateway.GatewayFixture.CHAT;
import static dev.sluice.gateway.GatewayFixture.chat;
import static dev.sluice.gateway.Halves.ALWAYS;
import static dev.sluice.gateway.Halves.NIXL;
import static dev.sluice.gateway.Halves.PARAMS;
import static dev.sluice.gateway.Halves.decodes;
import static dev.sluice.gateway.Halves.dies;
import static dev.sluice.gateway.Halves.prefilled;
import static dev.sluice.gateway.Halves.prefills;
import static dev.sluice.gateway.Halves.says;
import static dev.sluice.gateway.ScriptedEngine.DONE;
import static dev.sluice.gateway.ScriptedEngine.delta;
import static dev.sluice.gateway.ScriptedEngine.usage;
import static dev.sluice.gateway.ScriptedEngine.whole;
import static org.assertj.core.api.Assertions.assertThat;

import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Requests over two engines, one after the other, and what becomes of them when one fails (reliability F22 to F23d). */
@Timeout(60)
class TwoLegsTest {
    private static final String SPLIT = NIXL + "\n    routing: always";

    @TempDir
    Path dir;

    private GatewayFixture gateway(ScriptedEngine prefill, ScriptedEngine... decode) throws Exception {
        return GatewayFixture.split(dir, List.of(prefill), List.of(decode), SPLIT, ALWAYS);
    }

    static double metric(GatewayFixture gateway, String series) throws Exception {
        return gateway.admin("/metrics")
                .body()
                .lines()
                .filter(line -> line.startsWith(series + " "))
                .mapToDouble(line -> Double.parseDouble(line.substring(series.length() + 1)))
                .sum();
    }

    @Test
    void aStreamIsGeneratedFromWhatAnotherEngineComputed() throws Exception {
        try (ScriptedEngine p = new ScriptedEngine("base").does(prefills());
                ScriptedEngine d = new ScriptedEngine("base").does(decodes());
                GatewayFixture gateway = gateway(p, d)) {
            String ask =
                    "{\"model\":\"base\",\"messages\":[{\"role\":\"user\",\"content\":\"hello\"}],\"max_tokens\":7,"
                            + "\"stream\":true,\"stream_options\":{\"include_usage\":true}}";
            HttpResponse<String> answer = gateway.post(CHAT, ask, "x-thing", "y");
            assertThat(answer.statusCode()).isEqualTo(200);
            assertThat(answer.body())
                    .as("cached is what the prefill engine found")
                    .startsWith(delta("hel"))
                    .contains(usage(100, 64, 2))
                    .endsWith(DONE);
            assertThat(answer.headers().firstValue("x-sluice-endpoint")).hasValue("127.0.0.1:" + d.port());
            assertThat(answer.headers().firstValue("x-sluice-prefill-endpoint")).hasValue("127.0.0.1:" + p.port());

            ScriptedEngine.Request first = p.requests().getFirst();
            ScriptedEngine.Request second = d.requests().getFirst();
            assertThat(first.body())
                    .contains("\"stream\":false", "\"max_tokens\":1,", "\"do_remote_decode\":true")
                    .doesNotContain("stream_options");
            assertThat(second.body())
                    .as("the client's bytes, and the parameters as they came")
                    .isEqualTo(ask.substring(0, ask.length() - 1) + ",\"kv_transfer_params\":" + PARAMS + "}");
            assertThat(second.header("x-request-id"))
                    .isEqualTo(first.header("x-request-id"))
                    .isEqualTo(answer.headers().firstValue("x-sluice-id").orElseThrow());
            assertThat(first.header("x-thing")).isEqualTo("y");
            gateway.awaitIdle();
            assertThat(metric(gateway, "sluice_disaggregation_total{decision=\"prefill-decode\"}"))
                    .isEqualTo(1);
            assertThat(metric(gateway, "sluice_kv_lease_ends_total{how=\"fetched\",pool=\"chat\"}"))
                    .isEqualTo(1);
        }
    }

    @Test
    void aWholeAnswerCountsThePromptOnce() throws Exception {
        try (ScriptedEngine p = new ScriptedEngine("base").does(prefills());
                ScriptedEngine d = new ScriptedEngine("base").does(decodes());
                GatewayFixture gateway = gateway(p, d)) {
            HttpResponse<String> answer = gateway.post(CHAT, chat(false));
            assertThat(answer.body())
                    .contains("\"hello\"", "\"cached_tokens\":64")
                    .doesNotContain("remote_");
            gateway.awaitIdle();
            String page = gateway.admin("/metrics").body();
            assertThat(page)
                    .contains(
                            "sluice_tokens_total{kind=\"prompt\",model=\"base\",pool=\"chat\",tenant=\"anonymous\"} 100");
            assertThat(page)
                    .contains(
                            "sluice_tokens_total{kind=\"cached\",model=\"base\",pool=\"chat\",tenant=\"anonymous\"} 64");
        }
    }

    static Stream<Arguments> brokenPrefills() {
        return Stream.of(
                Arguments.of("500", says(500)),
                Arguments.of("503", says(503)),
                Arguments.of("429", says(429)),
                Arguments.of("400", says(400)),
                Arguments.of("404", says(404)),
                Arguments.of("dies", dies()),
                Arguments.of("no JSON", (ScriptedEngine.Script) (q, out) -> whole(out, 200, "<html>")),
                Arguments.of("an error in an answer's place", (ScriptedEngine.Script)
                        (q, out) -> whole(out, 200, "{\"error\":{\"message\":\"x\"}}")),
                Arguments.of("gave up", (ScriptedEngine.Script)
                        (q, out) -> whole(out, 200, prefilled(PARAMS).replace("length", "abort"))),
                Arguments.of("null", (ScriptedEngine.Script) (q, out) -> whole(out, 200, prefilled("null"))),
                Arguments.of("half of them", (ScriptedEngine.Script)
                        (q, out) -> whole(out, 200, prefilled(PARAMS.replace("\"remote_request_id\":\"r-1\",", "")))));
    }

    @Test
    void aPrefillThatBreaksBeforeItsAnswerMayHaveLeftBlocks() throws Exception {
        try (ScriptedEngine p = new ScriptedEngine("base").does(dies());
                ScriptedEngine d = new ScriptedEngine("base").does(decodes());
                GatewayFixture gateway = gateway(p, d)) {
            assertThat(gateway.post(CHAT, chat(false)).statusCode()).isEqualTo(200);
            assertThat(metric(gateway, "sluice_kv_leases{pool=\"chat\",state=\"unsure\"}"))
                    .isEqualTo(1);
        }
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("brokenPrefills")
    void aPrefillThatFailsCostsTheSplitAndNotTheRequest(String what, ScriptedEngine.Script broken) throws Exception {
        try (ScriptedEngine p = new ScriptedEngine("base").does(broken);
                ScriptedEngine d = new ScriptedEngine("base").does(decodes());
                GatewayFixture gateway = gateway(p, d)) {
            for (boolean stream : new boolean[] {true, false}) {
                HttpResponse<String> answer = gateway.post(CHAT, chat(stream));
                assertThat(answer.statusCode()).isEqualTo(200);
                assertThat(answer.body()).contains(stream ? "hel" : "hello");
            }
            assertThat(d.requests()).hasSize(2).allMatch(q -> !q.body().contains("kv_transfer_params"));
            gateway.awaitIdle();
        }
    }

    @Test
    void anotherPrefillEngineIsTriedFirst() throws Exception {
        try (ScriptedEngine bad = new ScriptedEngine("base").does(says(500));
                ScriptedEngine good = new ScriptedEngine("base").does(prefills());
                ScriptedEngine d = new ScriptedEngine("base").does(decodes());
                GatewayFixture gateway = GatewayFixture.split(dir, List.of(bad, good), List.of(d), SPLIT, ALWAYS)) {
            for (int i = 0; i < 20; i++) {
                assertThat(gateway.post(CHAT, chat(false)).statusCode()).isEqualTo(200);
            }
            assertThat(bad.requests()).as("some went to the bad one first").isNotEmpty();
            assertThat(d.requests()).allMatch(q -> q.body().contains(PARAMS));
            gateway.awaitIdle();
        }
    }

    @Test
    void kvThatCantBeFetchedIsComputedWhereItIsNeeded() throws Exception {
        ScriptedEngine.Script cantFetch = (q, out) -> q.body().contains("kv_transfer_params")
                ? says(500).answer(q, out)
                : decodes().answer(q, out);
        try (ScriptedEngine p = new ScriptedEngine("base").does(prefills());
                ScriptedEngine d = new ScriptedEngine("base").does(cantFetch);
                GatewayFixture gateway = gateway(p, d)) {
            HttpResponse<String> answer = gateway.post(CHAT, chat(true));
            assertThat(answer.statusCode()).isEqualTo(200);
            assertThat(answer.body()).endsWith(DONE);
            assertThat(d.requests()).hasSize(2);
            assertThat(d.requests().get(1).body()).doesNotContain("kv_transfer_params");
            assertThat(d.requests().get(1).header("x-request-id"))
                    .as("an attempt of its own")
                    .isNotEqualTo(d.requests().get(0).header("x-request-id"));
            gateway.awaitIdle();
            assertThat(metric(gateway, "sluice_kv_leases{pool=\"chat\",state=\"left\"}"))
                    .isEqualTo(1);
            assertThat(metric(gateway, "sluice_disaggregation_failures_total{cause=\"handover\"}"))
                    .isEqualTo(1);
            assertThat(gateway.post(CHAT, chat(true)).statusCode()).isEqualTo(200);
            assertThat(p.requests()).as("the pair is not used for a while").hasSize(1);
        }
    }

    @Test
    void whatBreaksBothEnginesIsAnErrorAndGoesNoFurther() throws Exception {
        try (ScriptedEngine p = new ScriptedEngine("base").does(says(500));
                ScriptedEngine d = new ScriptedEngine("base").does(says(500));
                ScriptedEngine e = new ScriptedEngine("base").does(says(500));
                GatewayFixture gateway = gateway(p, d, e)) {
            assertThat(gateway.post(CHAT, chat(false)).statusCode()).isEqualTo(502);
            assertThat(p.requests().size() + d.requests().size() + e.requests().size())
                    .isEqualTo(2);
            gateway.awaitIdle();
        }
    }

    @Test
    void anUnreachableDecodeEngineLeavesWhatWasComputedToAnother() throws Exception {
        try (ScriptedEngine p = new ScriptedEngine("base").does(prefills());
                ScriptedEngine a = new ScriptedEngine("base").does(decodes());
                ScriptedEngine b = new ScriptedEngine("base").does(decodes());
                GatewayFixture gateway = gateway(p, a, b)) {
            a.die();
            for (int i = 0; i < 4; i++) {
                assertThat(gateway.post(CHAT, chat(true)).body()).endsWith(DONE);
            }
            assertThat(p.requests()).as("one prefill for each").hasSize(4);
            assertThat(b.requests()).hasSize(4).allMatch(q -> q.body().contains(PARAMS));
            gateway.awaitIdle();
            assertThat(metric(gateway, "sluice_kv_lease_ends_total{how=\"fetched\",pool=\"chat\"}"))
                    .isEqualTo(4);
        }
    }

    @Test
    void aDecodeEngineThatRejectsTheRequestHasThePrefillEnginesBlocksReleased() throws Exception {
        try (ScriptedEngine p = new ScriptedEngine("base").does(prefills());
                ScriptedEngine d = new ScriptedEngine("base").does(says(400), (q, out) -> q.awaitClose());
                GatewayFixture gateway = gateway(p, d)) {
            HttpResponse<String> answer = gateway.post(CHAT, chat(true));
            assertThat(answer.statusCode()).isEqualTo(400);
            assertThat(answer.headers().firstValue("x-sluice-error-source")).hasValue("engine");
            d.awaitRequests(2);
            assertThat(d.requests().get(1).body()).contains(PARAMS, "\"max_tokens\":1");
            gateway.awaitIdle();
            assertThat(metric(gateway, "sluice_kv_lease_ends_total{how=\"released\",pool=\"chat\"}"))
                    .isEqualTo(1);
        }
    }

    @Test
    void aSingleTokenComesFromTheEngineThatComputesThePrompt() throws Exception {
        try (ScriptedEngine p = new ScriptedEngine("base").does(decodes());
                ScriptedEngine d = new ScriptedEngine("base").does(decodes());
                GatewayFixture gateway = gateway(p, d)) {
            String ask = chat(true).replace("\"stream\"", "\"max_tokens\":1,\"stream\"");
            assertThat(gateway.post(CHAT, ask).body()).endsWith(DONE);
            assertThat(p.requests().getFirst().body())
                    .contains("\"stream\":true")
                    .doesNotContain("kv_transfer");
            assertThat(d.requests()).isEmpty();
            gateway.awaitIdle();
            assertThat(metric(gateway, "sluice_disaggregation_total{decision=\"prefill-only\"}"))
                    .isEqualTo(1);
        }
    }

    @Test
    void whatCantBeSplitIsNot() throws Exception {
        try (ScriptedEngine p = new ScriptedEngine("base").does(prefills());
                ScriptedEngine d = new ScriptedEngine("base").does(decodes());
                GatewayFixture gateway = gateway(p, d)) {
            assertThat(gateway.post(CHAT, chat(false).replace("\"stream\"", "\"n\":2,\"stream\""))
                            .statusCode())
                    .isEqualTo(200);
            assertThat(p.requests()).isEmpty();
            gateway.awaitIdle();
            assertThat(metric(gateway, "sluice_disaggregation_total{decision=\"unsplittable\"}"))
                    .isEqualTo(1);
        }
    }

    @Test
    void withoutAPrefillEndpointRequestsAreServedAllTheSame() throws Exception {
        try (ScriptedEngine d = new ScriptedEngine("base").does(decodes());
                GatewayFixture gateway = GatewayFixture.split(dir, List.of(), List.of(d), SPLIT, ALWAYS)) {
            assertThat(gateway.post(CHAT, chat(true)).body()).endsWith(DONE);
            gateway.awaitIdle();
            assertThat(metric(gateway, "sluice_disaggregation_total{decision=\"no-prefill-endpoint\"}"))
                    .isEqualTo(1);
        }
    }

    @Test
    void withoutADecodeEndpointNobodyElseServes() throws Exception {
        try (ScriptedEngine p = new ScriptedEngine("base").does(decodes());
                ScriptedEngine d = new ScriptedEngine("base").does(decodes());
                GatewayFixture gateway = gateway(p, d)) {
            String id = "127.0.0.1:" + d.port();
            gateway.gateway.runtime().settings.table().pools().getFirst().pool().wrongModel(id, "test");
            HttpResponse<String> answer = gateway.post(CHAT, chat(false));
            assertThat(answer.statusCode()).isEqualTo(503);
            assertThat(answer.headers().firstValue("retry-after")).hasValue("1");
            assertThat(answer.body()).contains("no_endpoint");
            assertThat(p.requests()).isEmpty();
        }
    }

    @Test
    void aPrefillThatTakesTooLongIsGivenUp() throws Exception {
        try (ScriptedEngine p = new ScriptedEngine("base").does((q, out) -> !q.awaitClose());
                ScriptedEngine d = new ScriptedEngine("base").does(decodes());
                GatewayFixture gateway = GatewayFixture.split(
                        dir, List.of(p), List.of(d), SPLIT + "\n    timeouts: {prefill: 200ms}", ALWAYS)) {
            assertThat(gateway.post(CHAT, chat(true)).body()).endsWith(DONE);
            gateway.awaitIdle();
            assertThat(metric(gateway, "sluice_disaggregation_failures_total{cause=\"prefill_timed_out\"}"))
                    .isEqualTo(1);
        }
    }
}
