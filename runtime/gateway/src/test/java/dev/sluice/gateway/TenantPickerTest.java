package dev.sluice.gateway;

import static dev.sluice.gateway.EnvoyStandIn.CHAT;
import static dev.sluice.gateway.EnvoyStandIn.set;
import static dev.sluice.gateway.GatewayFixture.chat;
import static dev.sluice.gateway.ScriptedEngine.DONE;
import static dev.sluice.gateway.ScriptedEngine.delta;
import static dev.sluice.gateway.ScriptedEngine.finish;
import static dev.sluice.gateway.ScriptedEngine.usage;
import static dev.sluice.gateway.TenantFixture.ANSWER;
import static dev.sluice.gateway.TenantFixture.file;
import static dev.sluice.gateway.TenantFixture.key;
import static dev.sluice.gateway.TenantFixture.until;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.google.protobuf.ByteString;
import dev.sluice.extproc.v3.CommonResponse;
import dev.sluice.extproc.v3.ImmediateResponse;
import dev.sluice.extproc.v3.Metadata;
import dev.sluice.extproc.v3.ProcessingMode.BodySendMode;
import dev.sluice.gateway.tenant.TenantQuota;
import io.grpc.Status;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Tenants where somebody else's proxy carries the bytes: what it is told of each of their requests. */
@Timeout(120)
class TenantPickerTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String DESTINATION = "x-gateway-destination-endpoint";
    private static final String SSE = "text/event-stream";

    @TempDir
    Path dir;

    private final ScriptedEngine chat = new ScriptedEngine("base");
    private final ScriptedEngine next = new ScriptedEngine("base-next");
    private TenantFixture tenants;
    private EnvoyStandIn envoy;

    TenantPickerTest() throws Exception {}

    @BeforeEach
    void start() throws Exception {
        start("", "", "", "usage: {file: usage.jsonl}\n");
    }

    private void start(String tenants_, String extProc, String pool, String top) throws Exception {
        tenants = TenantFixture.behind(dir, chat, next, tenants_, extProc, pool, top);
        envoy = new EnvoyStandIn(tenants.gateway.gateway.pickerPort().orElseThrow());
    }

    private void restart(String tenants_, String extProc, String pool, String top) throws Exception {
        envoy.close();
        tenants.close();
        start(tenants_, extProc, pool, top);
    }

    @AfterEach
    void close() throws Exception {
        envoy.close();
        tenants.close();
        chat.close();
        next.close();
    }

    private static String[] bearer(String id) {
        return new String[] {"authorization", "Bearer " + key(id)};
    }

    private EnvoyStandIn.Request ask(String body, String... headers) {
        return envoy.begin(CHAT, headers).body(body, true);
    }

    private static ImmediateResponse refusal(EnvoyStandIn.Request request) throws Exception {
        return request.next().getImmediateResponse();
    }

    private static String code(ImmediateResponse answer) throws Exception {
        return JSON.readTree(answer.getBody().toStringUtf8()).at("/error/code").asText();
    }

    private static int status(ImmediateResponse answer) {
        return answer.getStatus().getCodeValue();
    }

    private static JsonNode sent(EnvoyStandIn.Request request) throws Exception {
        return JSON.readTree(ByteString.copyFrom(request.pieces()).toStringUtf8());
    }

    private static String address(ScriptedEngine engine) {
        return "127.0.0.1:" + engine.port();
    }

    private TenantQuota quota(String tenant) {
        return tenants.gateway
                .gateway
                .runtime()
                .settings
                .tenants()
                .tenant(tenant)
                .orElseThrow()
                .quota();
    }

    private List<JsonNode> usageLines() throws Exception {
        envoy.close();
        tenants.close();
        List<JsonNode> lines = new ArrayList<>();
        for (String text : Files.readAllLines(dir.resolve("usage.jsonl"))) {
            lines.add(JSON.readTree(text));
        }
        return lines;
    }

    @Test
    void strangersAreAnsweredByTheirHeadAlone() throws Exception {
        tenants.put("acme", file("acme", "")).put("broken", file("broken", "priority: high\n"));
        List<String[]> bad = List.of(
                new String[0],
                new String[] {"authorization", "Bearer " + key("nobody")},
                new String[] {"authorization", "Basic " + key("acme")},
                new String[] {"x-api-key", "sk-slc-acme-"},
                new String[] {"x-api-key", key("acme"), "x-api-key", key("acme")},
                new String[] {
                    "authorization", "Bearer " + key("acme"), "authorization", "Bearer " + key("acme"),
                });
        for (BodySendMode mode : List.of(BodySendMode.FULL_DUPLEX_STREAMED, BodySendMode.BUFFERED, BodySendMode.NONE)) {
            for (String[] headers : bad) {
                ImmediateResponse answer = refusal(envoy.begin(mode, BodySendMode.NONE, CHAT, headers));
                assertThat(status(answer)).isEqualTo(401);
                assertThat(code(answer)).isEqualTo("invalid_api_key");
                assertThat(set(answer.getHeaders()))
                        .containsEntry("www-authenticate", "Bearer")
                        .containsEntry("x-sluice-error-source", "gateway");
            }
        }
        ImmediateResponse anthropic = refusal(envoy.begin("/v1/messages"));
        assertThat(JSON.readTree(anthropic.getBody().toStringUtf8())
                        .at("/error/type")
                        .asText())
                .isEqualTo("authentication_error");
        ImmediateResponse broken = refusal(envoy.begin(CHAT, bearer("broken")));
        assertThat(status(broken)).as("our fault, not a lack of room").isEqualTo(503);
        assertThat(set(broken.getHeaders()))
                .containsKey("retry-after")
                .doesNotContainKey("x-llm-d-request-dropped-reason");
        assertThat(status(refusal(envoy.begin("/v1/nothing")))).isEqualTo(404);
        assertThat(tenants.gateway.inFlight()).isZero();
        assertThat(usageLines())
                .hasSize(20)
                .filteredOn(line -> line.get("status").asInt() == 401)
                .hasSize(19)
                .allMatch(line -> line.get("tenant").asText().isEmpty());
    }

    private ImmediateResponse models(String... headers) throws Exception {
        return refusal(envoy.begin(
                BodySendMode.FULL_DUPLEX_STREAMED,
                BodySendMode.FULL_DUPLEX_STREAMED,
                Metadata.getDefaultInstance(),
                "GET",
                true,
                "/v1/models",
                headers));
    }

    @Test
    void aTenantsModelsAreItsOwn() throws Exception {
        tenants.put("acme", file("acme", "routes: [{models: [alias]}]\n"));
        assertThat(status(models())).isEqualTo(401);
        ImmediateResponse list = models(bearer("acme"));
        assertThat(JSON.readTree(list.getBody().toStringUtf8()).findValuesAsText("id"))
                .containsExactly("alias");
        ImmediateResponse may = refusal(ask(chat(false).replace("base", "small"), bearer("acme")));
        ImmediateResponse none = refusal(ask(chat(false).replace("base", "lions"), bearer("acme")));
        assertThat(status(may)).isEqualTo(404);
        assertThat(may.getBody().toStringUtf8())
                .isEqualTo(none.getBody().toStringUtf8().replace("lions", "small"));
        assertThat(set(may.getHeaders()).keySet())
                .isEqualTo(set(none.getHeaders()).keySet());
    }

    @Test
    void theEngineGetsTheTenantsSaltAndNeitherItsKeyNorWhatItsClientMayNotSay() throws Exception {
        tenants.put("acme", file("acme", "routes: [{models: [mine], pool: next, labels: {zone: b}}]\n"));
        tenants.put("boss", file("boss", "may: [priority]\n"));
        String body = "{\"model\":\"mine\",\"cache_salt\":\"chosen\",\"priority\":-7,\"kv_transfer_params\":{\"a\":1},"
                + "\"vllm_xargs\":{\"cache_salt\":\"chosen\",\"x\":1},\"messages\":[]}";
        EnvoyStandIn.Request request = ask(
                body,
                "authorization",
                "Bearer " + key("acme"),
                "x-api-key",
                key("acme"),
                "x_api_key",
                key("acme"),
                "cookie",
                "a=b");
        CommonResponse head = request.head();
        assertThat(set(head.getHeaderMutation())).containsEntry(DESTINATION, address(next));
        assertThat(head.getHeaderMutation().getRemoveHeadersList())
                .contains("authorization", "x-api-key", "x_api_key", "cookie");
        assertThat(head.toString()).doesNotContain(key("acme"));
        JsonNode sent = sent(request);
        assertThat(sent.get("model").asText()).isEqualTo("base-next");
        assertThat(sent.get("cache_salt").asText()).matches("[0-9a-f]{64}");
        assertThat(sent.toString()).doesNotContain("chosen", "priority", "kv_transfer_params");

        EnvoyStandIn.Request other = ask(body.replace("mine", "base"), "x-api-key", key("boss"));
        other.head();
        JsonNode theirs = sent(other);
        assertThat(theirs.get("priority").asInt()).isEqualTo(-7);
        assertThat(theirs.get("cache_salt").asText())
                .matches("[0-9a-f]{64}")
                .isNotEqualTo(sent.get("cache_salt").asText());

        ImmediateResponse renamed =
                refusal(ask(chat(false), "x-api-key", key("acme"), "x-gateway-model-name-rewrite", "mine"));
        assertThat(status(renamed)).isEqualTo(403);
        assertThat(code(renamed)).isEqualTo("header_not_allowed");
        request.cancel();
        other.cancel();
        tenants.gateway.awaitIdle();

        // Where the proxy holds the body, the change of head and body comes with the answer to it.
        EnvoyStandIn.Request buffered =
                envoy.begin(BodySendMode.BUFFERED, BodySendMode.NONE, CHAT, "x-api-key", key("acme"));
        assertThat(buffered.head().hasHeaderMutation()).isFalse();
        CommonResponse whole = buffered.body(body, true).next().getRequestBody().getResponse();
        assertThat(JSON.readTree(whole.getBodyMutation().getBody().toStringUtf8()))
                .isEqualTo(sent);
        assertThat(whole.getHeaderMutation().getRemoveHeadersList()).contains("x-api-key");
        buffered.cancel();
    }

    /** A request whose answer is seen: its body goes on, its answer comes. */
    private String streamed(EnvoyStandIn.Request request, String... events) throws Exception {
        request.head();
        request.pieces();
        request.answerHead(200, SSE, false);
        request.next();
        for (String event : events) {
            request.answerBody(event, false);
        }
        request.answerBody("", true);
        String seen = request.answerPieces();
        assertThat(request.close()).isEqualTo(Status.OK);
        return seen;
    }

    @Test
    void quotasAreSettledByWhatTheAnswerSaysItCost() throws Exception {
        tenants.put("acme", file("acme", "quota: {requestsPerMinute: 3, tokensPerMinute: 5000, concurrent: 2}\n"));
        EnvoyStandIn.Request first = ask(chat(true), bearer("acme"));
        first.head();
        first.pieces();
        assertThat(quota("acme").inFlight()).isEqualTo(1);
        first.answerHead(200, SSE, false);
        Map<String, String> headers =
                set(first.next().getResponseHeaders().getResponse().getHeaderMutation());
        assertThat(headers)
                .containsEntry("x-ratelimit-limit-requests", "3")
                .containsEntry("x-ratelimit-remaining-requests", "2")
                .containsKey("x-ratelimit-reset-tokens");
        first.answerBody(delta("a") + finish("stop") + usage(10, 3, 2) + DONE, true);
        first.answerPieces();
        assertThat(first.close()).isEqualTo(Status.OK);
        until(() -> quota("acme").inFlight() == 0);
        assertThat(quota("acme").settledTokens()).isEqualTo(12);

        EnvoyStandIn.Request whole = ask(chat(false), bearer("acme"));
        whole.head();
        whole.pieces();
        whole.answerHead(200, "application/json", false).next();
        whole.answerBody(ANSWER, true).answerPieces();
        assertThat(whole.close()).isEqualTo(Status.OK);
        until(() -> quota("acme").inFlight() == 0);
        assertThat(quota("acme").settledTokens()).isEqualTo(22);

        EnvoyStandIn.Request third = ask(chat(false), bearer("acme"));
        third.head();
        ImmediateResponse refused = refusal(ask(chat(false), bearer("acme")));
        assertThat(status(refused)).isEqualTo(429);
        assertThat(code(refused)).isEqualTo("rate_limit_exceeded");
        assertThat(set(refused.getHeaders()))
                .containsKeys("retry-after", "x-ratelimit-remaining-requests")
                .doesNotContainKey("x-llm-d-request-dropped-reason");
        third.cancel();
        until(() -> quota("acme").inFlight() == 0);
        List<JsonNode> lines = usageLines();
        assertThat(lines).extracting(l -> l.get("status").asInt()).containsExactly(200, 200, 429, 499);
        JsonNode streamed = lines.get(0);
        assertThat(streamed.get("tenant").asText()).isEqualTo("acme");
        assertThat(streamed.get("key").asText()).isEqualTo("acme");
        assertThat(streamed.get("pool").asText()).isEqualTo("chat");
        assertThat(streamed.get("promptTokens").asInt()).isEqualTo(10);
        assertThat(streamed.get("cachedTokens").asInt()).isEqualTo(3);
        assertThat(streamed.get("outputTokens").asInt()).isEqualTo(2);
        assertThat(streamed.has("estimated")).isFalse();
        assertThat(streamed.at("/engineSeconds/serve").asDouble()).isPositive();
        assertThat(lines.get(1).get("outputTokens").asInt()).isEqualTo(1);
        assertThat(lines.get(3).get("estimated").asBoolean()).isTrue();
    }

    @Test
    void everyWayOutReleasesWhatWasHeld() throws Exception {
        tenants.put("acme", file("acme", "quota: {tokensPerMinute: 1000000, concurrent: 2}\n"));
        TenantQuota quota = quota("acme");
        // cut in the middle
        long before = quota.settledTokens();
        assertThat(streamed(ask(chat(true), bearer("acme")), delta("a"), delta("b")))
                .contains("upstream_cut");
        until(() -> quota.inFlight() == 0);
        assertThat(quota.settledTokens() - before)
                .as("the prompt and what was seen")
                .isBetween(2L, 40L);
        // the client leaves while it streams
        before = quota.settledTokens();
        EnvoyStandIn.Request left = ask(chat(true), bearer("acme"));
        left.head();
        left.pieces();
        left.answerHead(200, SSE, false).next();
        left.answerBody(delta("a"), false).next();
        left.cancel();
        until(() -> quota.inFlight() == 0);
        assertThat(quota.settledTokens() - before).isBetween(2L, 40L);
        // the engine refuses
        before = quota.settledTokens();
        EnvoyStandIn.Request refused = ask(chat(true), bearer("acme"));
        refused.head();
        refused.pieces();
        refused.answerHead(400, "application/json", false).next();
        refused.answerBody("{\"error\":{}}", true).answerPieces();
        assertThat(refused.close()).isEqualTo(Status.OK);
        until(() -> quota.inFlight() == 0);
        assertThat(quota.settledTokens() - before).isZero();
        // no such engine: nothing was done
        ImmediateResponse none = refusal(envoy.begin(
                        BodySendMode.FULL_DUPLEX_STREAMED,
                        BodySendMode.FULL_DUPLEX_STREAMED,
                        EnvoyStandIn.hint("127.0.0.1:1"),
                        "POST",
                        false,
                        CHAT,
                        bearer("acme"))
                .body(chat(true), true));
        assertThat(status(none)).isEqualTo(503);
        until(() -> quota.inFlight() == 0);
        assertThat(quota.settledTokens() - before).isZero();
        tenants.gateway.awaitIdle();
    }

    @Test
    void aStreamThatOverspendsIsCutHonestlyAndCountsOn() throws Exception {
        tenants.put("acme", file("acme", "quota: {tokensPerMinute: 600}\n"));
        EnvoyStandIn.Request request = ask(chat(true), bearer("acme"));
        request.head();
        request.pieces();
        request.answerHead(200, SSE, false).next();
        for (int i = 0; i < 90; i++) {
            request.answerBody(delta("x").repeat(10), false);
        }
        request.answerBody(finish("stop") + usage(10, 3, 900) + DONE, true);
        String seen = request.answerPieces();
        assertThat(seen)
                .contains("\"code\":\"quota_exceeded\"")
                .doesNotContain("[DONE]", "\"finish_reason\":\"")
                .endsWith("\n\n");
        assertThat(seen.split(java.util.regex.Pattern.quote(delta("x")), -1).length)
                .isBetween(500, 700);
        assertThat(seen.indexOf("quota_exceeded")).isGreaterThan(seen.lastIndexOf(delta("x")));
        assertThat(request.close()).isEqualTo(Status.OK);
        until(() -> quota("acme").inFlight() == 0);
        assertThat(quota("acme").settledTokens())
                .as("what the engine has done all the same")
                .isEqualTo(910);
        assertThat(code(refusal(ask(chat(true), bearer("acme"))))).isEqualTo("quota_exceeded");
        assertThat(usageLines().getFirst().get("outcome").asText()).isEqualTo("quota_exceeded");
    }

    @Test
    void anAnswerThatNobodySawCountsAsLongAsSuchAnswersAreKnownToBe() throws Exception {
        restart("", "usage: false", "", "usage: {file: usage.jsonl}\n");
        tenants.put("acme", file("acme", "quota: {tokensPerMinute: 1000000, concurrent: 5}\n"));
        EnvoyStandIn.Request open = envoy.begin(
                        BodySendMode.FULL_DUPLEX_STREAMED, BodySendMode.NONE, CHAT, bearer("acme"))
                .body(chat(true).replace("{\"model\"", "{\"max_tokens\":20,\"model\""), true);
        open.head();
        open.pieces();
        open.answerHead(200, "application/json", false).next(); // a whole answer's head comes when it is done
        assertThat(open.close()).isEqualTo(Status.OK);
        until(() -> quota("acme").inFlight() == 0);
        long each = quota("acme").settledTokens();
        assertThat(each).as("a prompt and at most 20 tokens").isBetween(2L, 60L);

        // The proxy closes its stream before the answer has ended: the tenant's place is kept as long as the engine's.
        EnvoyStandIn.Request early = envoy.begin(
                        BodySendMode.FULL_DUPLEX_STREAMED, BodySendMode.NONE, CHAT, bearer("acme"))
                .body(chat(true).replace("{\"model\"", "{\"max_tokens\":20,\"model\""), true);
        early.head();
        early.pieces();
        early.answerHead(200, SSE, false).next();
        assertThat(early.close()).isEqualTo(Status.OK);
        until(() -> tenants.gateway.gateway.runtime().inFlight.get() == 0);
        assertThat(quota("acme").inFlight()).isEqualTo(tenants.gateway.inFlight());
        tenants.gateway.awaitIdle();
        until(() -> quota("acme").inFlight() == 0);
        assertThat(quota("acme").settledTokens()).isEqualTo(2 * each);
        assertThat(usageLines())
                .hasSize(2)
                .allMatch(line -> line.get("estimated").asBoolean()
                        && line.get("promptTokens").asInt()
                                        + line.get("outputTokens").asInt()
                                == each);
    }

    @Test
    void whatIsStillHeldWhenThePickerEndsIsWrittenAllTheSame() throws Exception {
        tenants.put("acme", file("acme", "quota: {concurrent: 5}\n"));
        EnvoyStandIn.Request early = envoy.begin(
                        BodySendMode.FULL_DUPLEX_STREAMED, BodySendMode.NONE, CHAT, bearer("acme"))
                .body(chat(true).replace("{\"model\"", "{\"max_tokens\":20000,\"model\""), true);
        early.head();
        early.pieces();
        early.answerHead(200, SSE, false).next();
        assertThat(early.close()).isEqualTo(Status.OK);
        until(() -> tenants.gateway.gateway.runtime().inFlight.get() == 0);
        TenantQuota quota = quota("acme");
        assertThat(usageLines()).hasSize(1);
        assertThat(quota.inFlight()).isZero();
    }

    @Test
    void aTenantWhoseBodiesAreNotShownIsRefusedBecauseNobodyKnowsWhatItMay() throws Exception {
        restart("anonymous: allow", "", "", "");
        tenants.put("acme", file("acme", ""));
        for (BodySendMode mode : List.of(BodySendMode.NONE, BodySendMode.STREAMED, BodySendMode.BUFFERED_PARTIAL)) {
            for (String[] who : List.of(bearer("acme"), new String[] {"x-gateway-model-name", "base"})) {
                ImmediateResponse refused = refusal(envoy.begin(mode, BodySendMode.NONE, CHAT, who));
                assertThat(status(refused)).isEqualTo(500);
                assertThat(refused.getDetails()).isEqualTo("body_not_sent");
            }
        }
    }

    @Test
    void aModelWithoutCapacityGivesWayToTheNextOne() throws Exception {
        restart("", "", "concurrency: 1", "");
        tenants.put("acme", file("acme", "routes: [{models: [base], fallback: [small]}]\n"));
        EnvoyStandIn.Request first = ask(chat(false), bearer("acme"));
        assertThat(set(first.head().getHeaderMutation())).containsEntry(DESTINATION, address(chat));
        EnvoyStandIn.Request second = ask(chat(false), bearer("acme"));
        assertThat(set(second.head().getHeaderMutation())).containsEntry(DESTINATION, address(next));
        assertThat(sent(second).get("model").asText()).isEqualTo("base-next");
        first.cancel();
        second.cancel();
        until(() -> tenants.gateway.inFlight() == 0);
    }

    @Test
    void whoWaitsGoesByItsTenantsPriority() throws Exception {
        restart("", "", "concurrency: 1", "");
        tenants.put("low", file("low", "priority: 1\n")).put("high", file("high", "priority: 9\n"));
        EnvoyStandIn.Request runs = ask(chat(false), bearer("low"));
        runs.head();
        EnvoyStandIn.Request low = ask(chat(false), "authorization", "Bearer " + key("low"), "x-request-id", "low-1");
        until(() -> queued() == 1);
        EnvoyStandIn.Request high =
                ask(chat(false), "authorization", "Bearer " + key("high"), "x-request-id", "high-1");
        until(() -> queued() == 2);
        assertThat(tenants.gateway.admin("/metrics").body())
                .containsPattern("sluice_queue_waiting_requests\\{[^}]*tenant=\"high\"[^}]*} 1");
        runs.cancel();
        high.head();
        assertThat(low.quiet()).isTrue();
        high.cancel();
        low.head();
        low.cancel();
        JsonNode explained =
                JSON.readTree(tenants.gateway.admin("/explain/high-1").body());
        assertThat(explained.findValue("tenant").asText()).isEqualTo("high");
        assertThat(explained.toString()).contains("band 9").doesNotContain(key("high"), "hello");
    }

    private int queued() {
        return tenants.gateway.gateway.runtime().settings.table().pools().stream()
                .mapToInt(entry -> entry.pool().queued())
                .sum();
    }

    @Test
    void aStoredResponseAndAPrefixExistOnlyForTheTenantThatMadeThem() throws Exception {
        tenants.put("acme", file("acme", "")).put("rival", file("rival", ""));
        String path = "/v1/responses";
        EnvoyStandIn.Request made =
                envoy.begin(path, bearer("acme")).body("{\"model\":\"base\",\"input\":\"x\"}", true);
        made.head();
        made.pieces();
        made.answerHead(200, "application/json", false).next();
        made.answerBody("{\"id\":\"resp_1\",\"object\":\"response\",\"status\":\"completed\",\"output\":[]}", true)
                .answerPieces();
        String follow = "{\"model\":\"base\",\"input\":\"y\",\"previous_response_id\":\"resp_1\"}";
        ImmediateResponse other = refusal(envoy.begin(path, bearer("rival")).body(follow, true));
        assertThat(status(other)).isEqualTo(404);
        EnvoyStandIn.Request own = envoy.begin(path, bearer("acme")).body(follow, true);
        assertThat(set(own.head().getHeaderMutation())).containsEntry(DESTINATION, address(chat));
        own.cancel();

        String prompt = chat(false).replace("hello", "x".repeat(4000));
        for (String who : List.of("acme", "acme", "rival", "rival")) {
            EnvoyStandIn.Request request = ask(prompt, bearer(who));
            request.head();
            request.pieces();
            request.answerHead(200, "application/json", false).next();
            request.answerBody(ANSWER, true).answerPieces();
        }
        tenants.gateway.awaitIdle();
        List<Integer> predicted =
                JSON.readTree(tenants.gateway.admin("/decisions").body()).findValues("cachedTokens").stream()
                        .map(JsonNode::asInt)
                        .toList();
        assertThat(predicted.get(0)).isPositive();
        assertThat(predicted.get(1)).as("other's first").isZero();
        assertThat(predicted.get(2)).isPositive();
        assertThat(predicted.get(3)).as("acme's first").isZero();
    }

    @Test
    void aPickerThatHasDrainedAnswersItselfWhereAProxyThatGoesOnWithoutItWouldLetInEverybody() throws Exception {
        tenants.put("acme", file("acme", ""));
        tenants.gateway.gateway.beginDrain();
        until(() -> tenants.gateway.gateway.runtime().closed);
        ImmediateResponse after = refusal(envoy.begin(CHAT, bearer("acme")));
        assertThat(status(after)).isEqualTo(503);
        assertThat(set(after.getHeaders())).containsEntry("x-llm-d-request-dropped-reason", "rejected-shutting-down");
    }

    @Test
    void aPickerAloneAsksForKeysToo() throws Exception {
        tenants.put("acme", file("acme", ""));
        var config = tenants.gateway.gateway.config();
        try (Gateway alone = Gateway.startPicker(config, tenants.gateway.gateway.catalog(), Gateway.Sources.NONE);
                EnvoyStandIn its = new EnvoyStandIn(alone.pickerPort().orElseThrow())) {
            assertThat(alone.port()).isZero();
            assertThat(status(refusal(its.begin(CHAT)))).isEqualTo(401);
            until(() -> alone.notReady().isEmpty());
            EnvoyStandIn.Request request = its.begin(CHAT, bearer("acme")).body(chat(false), true);
            assertThat(set(request.head().getHeaderMutation())).containsEntry(DESTINATION, address(chat));
            request.cancel();
        }
    }
}
