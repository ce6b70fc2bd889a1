package dev.sluice.gateway;

import static dev.sluice.gateway.EnvoyStandIn.CHAT;
import static dev.sluice.gateway.GatewayFixture.chat;
import static dev.sluice.gateway.ScriptedEngine.DONE;
import static dev.sluice.gateway.ScriptedEngine.delta;
import static dev.sluice.gateway.ScriptedEngine.finish;
import static dev.sluice.gateway.TenantFixture.file;
import static dev.sluice.gateway.TenantFixture.key;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.sluice.extproc.v3.ImmediateResponse;
import dev.sluice.extproc.v3.ProcessingMode.BodySendMode;
import dev.sluice.extproc.v3.ProcessingResponse;
import io.grpc.Status;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Requests that run give way to one that waits, where somebody else's proxy carries the bytes. */
@Timeout(120)
class EvictionPickerTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String DESTINATION = "x-gateway-destination-endpoint";
    private static final String SSE = "text/event-stream";

    @TempDir
    Path dir;

    private final ScriptedEngine chat = new ScriptedEngine("base");
    private final ScriptedEngine next = new ScriptedEngine("base-next");
    private TenantFixture tenants;
    private EnvoyStandIn envoy;

    EvictionPickerTest() throws Exception {}

    @BeforeEach
    void start() throws Exception {
        start(EvictionTest.ON);
        tenants.put("batch", file("batch", "priority: -10\n")).put("plain", file("plain", ""));
    }

    private void start(String top) throws Exception {
        tenants = TenantFixture.behind(dir, chat, next, "", "", "concurrency: 1\n    routing: gives-way", top);
        envoy = new EnvoyStandIn(tenants.gateway.gateway.pickerPort().orElseThrow());
    }

    @AfterEach
    void close() throws Exception {
        envoy.close();
        tenants.close();
        chat.close();
        next.close();
    }

    private EnvoyStandIn.Request ask(BodySendMode answers, String tenant) {
        return envoy.begin(BodySendMode.FULL_DUPLEX_STREAMED, answers, CHAT, "authorization", "Bearer " + key(tenant))
                .body(chat(true), true);
    }

    private EnvoyStandIn.Request running(BodySendMode answers) throws Exception {
        EnvoyStandIn.Request batch = ask(answers, "batch");
        assertThat(EnvoyStandIn.set(batch.head().getHeaderMutation())).containsKey(DESTINATION);
        batch.pieces();
        return batch;
    }

    /** Goes on to its engine, and is answered. */
    private static void served(EnvoyStandIn.Request request) throws Exception {
        assertThat(EnvoyStandIn.set(request.head().getHeaderMutation())).containsKey(DESTINATION);
        request.pieces();
        request.answerHead(200, SSE, false).next();
        request.answerBody(delta("a") + finish("stop") + DONE, true).answerPieces();
        assertThat(request.close()).isEqualTo(Status.OK);
    }

    private static ImmediateResponse cut(ProcessingResponse answer) throws Exception {
        assertThat(answer.hasImmediateResponse()).as("%s", answer).isTrue();
        ImmediateResponse now = answer.getImmediateResponse();
        assertThat(now.getStatus().getCodeValue()).isEqualTo(429);
        assertThat(EnvoyStandIn.set(now.getHeaders()))
                .containsEntry("x-llm-d-request-dropped-reason", "evicted")
                .containsEntry("retry-after", "1");
        assertThat(JSON.readTree(now.getBody().toStringUtf8()).at("/error/code").asText())
                .isEqualTo("evicted");
        return now;
    }

    private JsonNode usage(String tenant) throws Exception {
        envoy.close();
        tenants.close();
        List<JsonNode> lines = new ArrayList<>();
        for (String text : Files.readAllLines(dir.resolve("usage.jsonl"))) {
            JsonNode line = JSON.readTree(text);
            if (line.get("tenant").asText().equals(tenant)) {
                lines.add(line);
            }
        }
        assertThat(lines).hasSize(1);
        return lines.getFirst();
    }

    private void evictedOnce() throws Exception {
        tenants.gateway.awaitIdle();
        TenantFixture.until(() -> tenants.gateway.gateway.runtime().inFlight.get() == 0);
        assertThat(tenants.gateway.admin("/metrics").body())
                .contains("sluice_evicted_total{pool=\"chat\",priority=\"-10\"} 1.0")
                .contains("sluice_upstream_attempts_total{outcome=\"evicted\"} 1.0");
    }

    @Test
    void whoHasHadNothingYetIsAnsweredAtOnce() throws Exception {
        EnvoyStandIn.Request batch = running(BodySendMode.FULL_DUPLEX_STREAMED);
        EnvoyStandIn.Request plain = ask(BodySendMode.FULL_DUPLEX_STREAMED, "plain");
        cut(batch.next());
        assertThat(batch.status()).isEqualTo(Status.OK);
        served(plain);
        evictedOnce();
        JsonNode line = usage("batch");
        assertThat(line.get("outcome").asText()).isEqualTo("evicted");
        assertThat(line.get("status").asInt()).isEqualTo(429);
    }

    @Test
    void aStreamThatHasBegunIsToldWhyAndBrokenOff() throws Exception {
        EnvoyStandIn.Request batch = running(BodySendMode.FULL_DUPLEX_STREAMED);
        batch.answerHead(200, SSE, false).next();
        batch.answerBody(delta("a"), false).next();
        batch.answerBody(delta("b"), false).next();
        EnvoyStandIn.Request plain = ask(BodySendMode.FULL_DUPLEX_STREAMED, "plain");
        var last =
                batch.next().getResponseBody().getResponse().getBodyMutation().getStreamedResponse();
        assertThat(last.getBody().toStringUtf8())
                .startsWith("data: {\"error\"")
                .contains("\"code\":\"evicted\"")
                .doesNotContain("[DONE]");
        assertThat(last.getEndOfStream()).as("it never looks complete").isFalse();
        cut(batch.next());
        assertThat(batch.status()).isEqualTo(Status.OK);
        served(plain);
        evictedOnce();
        JsonNode line = usage("batch");
        assertThat(line.get("outcome").asText()).isEqualTo("evicted");
        assertThat(line.get("status").asInt()).isEqualTo(200);
        assertThat(line.get("outputTokens").asInt()).isEqualTo(2);
    }

    @Test
    void whereTheProxyTakesNoMoreThanItHasSentItIsOnlyBrokenOff() throws Exception {
        EnvoyStandIn.Request batch = running(BodySendMode.STREAMED);
        batch.answerHead(200, SSE, false).next();
        batch.answerBody(delta("a"), false).next();
        EnvoyStandIn.Request plain = ask(BodySendMode.FULL_DUPLEX_STREAMED, "plain");
        cut(batch.next());
        served(plain);
        evictedOnce();
    }

    @Test
    void whatIsCompleteIsLetThrough() throws Exception {
        EnvoyStandIn.Request batch = running(BodySendMode.FULL_DUPLEX_STREAMED);
        batch.answerHead(200, SSE, false).next();
        batch.answerBody(delta("a") + finish("stop") + DONE, false).next();
        EnvoyStandIn.Request plain = ask(BodySendMode.FULL_DUPLEX_STREAMED, "plain");
        awaitQueued();
        ticks();
        batch.answerBody("", true);
        var last =
                batch.next().getResponseBody().getResponse().getBodyMutation().getStreamedResponse();
        assertThat(last.getEndOfStream()).isTrue();
        assertThat(batch.close()).isEqualTo(Status.OK);
        served(plain);
        assertThat(tenants.gateway.admin("/metrics").body()).doesNotContain("sluice_evicted_total{");
        assertThat(usage("batch").get("outcome").asText()).isEqualTo("ok");
    }

    @Test
    void whileItIsOffTheOneThatWaitsWaits() throws Exception {
        envoy.close();
        tenants.close();
        start(EvictionTest.OFF);
        EnvoyStandIn.Request batch = running(BodySendMode.FULL_DUPLEX_STREAMED);
        EnvoyStandIn.Request plain = ask(BodySendMode.FULL_DUPLEX_STREAMED, "plain");
        awaitQueued();
        ticks();
        assertThat(batch.quiet()).isTrue();
        batch.answerHead(200, SSE, false).next();
        batch.answerBody(delta("a") + finish("stop") + DONE, true).answerPieces();
        assertThat(batch.close()).isEqualTo(Status.OK);
        served(plain);
        tenants.gateway.awaitIdle();
        assertThat(tenants.gateway.admin("/metrics").body()).doesNotContain("sluice_evicted_total{");
    }

    private void awaitQueued() {
        TenantFixture.until(() -> tenants.gateway.gateway.runtime().settings.table().pools().stream()
                        .mapToInt(p -> p.pool().queued())
                        .sum()
                == 1);
    }

    private void ticks() {
        tenants.gateway
                .gateway
                .runtime()
                .settings
                .table()
                .pools()
                .forEach(p -> p.pool().tick());
    }
}
