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
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.Socket;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The table of errors in interfaces 3, row by row, as a client sees it on a socket: in OpenAI's shape and in Anthropic's. */
@Timeout(90)
class ErrorTableTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String MESSAGES = "/v1/messages";
    private static final String GOOD =
            "{\"id\":\"c\",\"choices\":[{\"index\":0,\"message\":{\"content\":\"hi\"},\"finish_reason\":\"stop\"}]}";
    private static final String QUICK = "timeouts: {firstByte: 300ms, idle: 300ms}";

    @TempDir
    Path dir;

    /** What came back on a connection, taken apart. */
    private record Seen(int status, String head, String body) {
        static Seen of(String text) {
            int end = text.indexOf("\r\n\r\n");
            assertThat(end).as(text).isPositive();
            return new Seen(Integer.parseInt(text.substring(9, 12)), text.substring(0, end), text.substring(end + 4));
        }

        String header(String name) {
            for (String line : head.split("\r\n")) {
                if (line.toLowerCase(Locale.ROOT).startsWith(name + ":")) {
                    return line.substring(name.length() + 1).strip();
                }
            }
            return "";
        }

        /** What every error of ours has, whatever it is. */
        Seen isOurs(int expected, String type, String code) throws IOException {
            assertThat(status).as(head + body).isEqualTo(expected);
            assertThat(header("content-type")).startsWith("application/json");
            assertThat(header("x-sluice-error-source")).isEqualTo("gateway");
            assertThat(header("x-sluice-id")).as("x-sluice-id in " + head).isNotEmpty();
            assertThat(body)
                    .doesNotContain("127.0.0.1")
                    .doesNotContain("Exception")
                    .doesNotContain("dev.sluice");
            JsonNode error = JSON.readTree(body).get("error");
            assertThat(error.get("type").asText()).isEqualTo(type);
            assertThat(error.get("message").asText()).isNotBlank();
            assertThat(error.has("param")).isTrue();
            assertThat(error.get("code").asText()).isEqualTo(code);
            return this;
        }

        Seen retryAfter() {
            assertThat(header("retry-after")).matches("[1-9][0-9]*");
            return this;
        }

        Seen saying(String part) {
            assertThat(body).contains(part);
            return this;
        }

        void isAnthropics(int expected, String type) throws IOException {
            assertThat(status).as(head + body).isEqualTo(expected);
            assertThat(header("x-sluice-error-source")).isEqualTo("gateway");
            JsonNode json = JSON.readTree(body);
            assertThat(json.get("type").asText()).isEqualTo("error");
            assertThat(json.get("error").get("type").asText()).isEqualTo(type);
            assertThat(json.get("error").get("message").asText()).isNotBlank();
        }
    }

    private static String post(String path, String body, String... headers) {
        return "POST " + path + " HTTP/1.1\r\nHost: x\r\ncontent-type: application/json\r\nconnection: close\r\n"
                + String.join("", List.of(headers)) + "content-length: " + body.length() + "\r\n\r\n" + body;
    }

    private static Seen ask(GatewayFixture gateway, String bytes) throws IOException {
        try (Socket socket = gateway.raw(bytes)) {
            return Seen.of(GatewayFixture.readAll(socket.getInputStream()));
        }
    }

    @Test
    void aRequestThatIsNoneIs400AndSaysWhere() throws Exception {
        try (ScriptedEngine engine = new ScriptedEngine("base");
                GatewayFixture gateway = GatewayFixture.before(dir, List.of(engine))) {
            for (String bad : List.of(
                    "{\"model\":\"base\",",
                    "{\"model\":7,\"messages\":[]}",
                    "{\"model\":\"base\",\"messages\":[],\"stream\":\"yes\"}",
                    "{\"model\":\"base\",\"messages\":[],\"max_tokens\":1.5}",
                    "{\"model\":\"base\",\"messages\":[],\"stream\":true,\"stream\":false}",
                    "[]",
                    "")) {
                ask(gateway, post(CHAT, bad))
                        .isOurs(400, "invalid_request_error", "invalid_request")
                        .saying("line 1");
                ask(gateway, post(MESSAGES, bad)).isAnthropics(400, "invalid_request_error");
            }
            for (String framing : List.of(
                    "transfer-encoding: gzip\r\n",
                    "transfer-encoding: gzip, chunked\r\n",
                    "transfer-encoding: chunked\r\n",
                    "content-length: 1\r\n",
                    "content-length : 1\r\n",
                    "x-folded: a\r\n b\r\n")) {
                ask(gateway, post(CHAT, chat(false), framing)).isOurs(400, "invalid_request_error", "invalid_request");
            }
            ask(
                            gateway,
                            "POST " + CHAT
                                    + " HTTP/1.1\r\nHost: x\r\ntransfer-encoding: chunked\r\n\r\nzz\r\nhello\r\n0\r\n\r\n")
                    .isOurs(400, "invalid_request_error", "invalid_request")
                    .saying("chunk");
            assertThat(engine.requests()).isEmpty();
            assertThat(gateway.post(CHAT, chat(false)).statusCode())
                    .as("nobody else pays")
                    .isEqualTo(200);
        }
    }

    @Test
    void whatIsNotThereIs404AndWhatIsNotTakenThereIs405() throws Exception {
        try (ScriptedEngine engine = new ScriptedEngine("base");
                GatewayFixture gateway = GatewayFixture.before(dir, List.of(engine))) {
            String unknown = "{\"model\":\"nobody\",\"messages\":[]}";
            ask(gateway, post(CHAT, unknown)).isOurs(404, "invalid_request_error", "model_not_found");
            ask(gateway, post(MESSAGES, unknown)).isAnthropics(404, "not_found_error");
            for (String path :
                    List.of("/v1/nothing", "/", "/v1/chat/completions/", "/V1/chat/completions", "/metrics")) {
                ask(gateway, post(path, "{}")).isOurs(404, "invalid_request_error", "not_found");
            }
            for (String method : List.of("GET", "PUT", "DELETE", "OPTIONS")) {
                String head = method + " %s HTTP/1.1\r\nHost: x\r\nconnection: close\r\n\r\n";
                Seen hot =
                        ask(gateway, head.formatted(CHAT)).isOurs(405, "invalid_request_error", "method_not_allowed");
                assertThat(hot.header("allow")).isEqualTo("POST");
                ask(gateway, head.formatted(MESSAGES)).isAnthropics(405, "invalid_request_error");
            }
            for (String path : List.of("/v1/models", "/livez", "/readyz")) {
                Seen cold = ask(gateway, post(path, "{}")).isOurs(405, "invalid_request_error", "method_not_allowed");
                assertThat(cold.header("allow")).isEqualTo("GET");
            }
        }
    }

    @Test
    void whatIsTooSlowTooLargeOrPackedIs408And413And431And415() throws Exception {
        String limits = "limits: {body: 1KiB, headers: 2KiB, headerTime: 300ms, bodyIdle: 300ms}";
        try (ScriptedEngine engine = new ScriptedEngine("base");
                GatewayFixture gateway = GatewayFixture.withServer(dir, List.of(engine), limits)) {
            ask(gateway, post(CHAT, chat(false), "content-encoding: gzip\r\n"))
                    .isOurs(415, "invalid_request_error", "unsupported_encoding");
            ask(gateway, post(MESSAGES, chat(false), "content-encoding: br\r\n"))
                    .isAnthropics(415, "invalid_request_error");
            ask(gateway, "POST " + CHAT + " HTTP/1.1\r\nHost: x\r\nx-slow: ")
                    .isOurs(408, "invalid_request_error", "request_timeout");
            ask(gateway, "POST " + CHAT + " HTTP/1.1\r\nHost: x\r\ncontent-length: 100\r\n\r\n{\"model\":")
                    .isOurs(408, "invalid_request_error", "request_timeout");
            ask(gateway, "POST " + MESSAGES + " HTTP/1.1\r\nHost: x\r\ncontent-length: 100\r\n\r\n{")
                    .isAnthropics(408, "invalid_request_error");
            String large =
                    "{\"model\":\"base\",\"messages\":[{\"role\":\"user\",\"content\":\"" + "x".repeat(2000) + "\"}]}";
            ask(gateway, post(CHAT, large)).isOurs(413, "invalid_request_error", "request_too_large");
            ask(gateway, post(MESSAGES, large)).isAnthropics(413, "request_too_large");
            ask(
                            gateway,
                            "POST " + CHAT + " HTTP/1.1\r\nHost: x\r\ntransfer-encoding: chunked\r\n\r\n"
                                    + Integer.toHexString(large.length()) + "\r\n" + large + "\r\n0\r\n\r\n")
                    .isOurs(413, "invalid_request_error", "request_too_large");
            ask(gateway, post(CHAT, chat(false), "x-long: " + "y".repeat(3000) + "\r\n"))
                    .isOurs(431, "invalid_request_error", "headers_too_large");
            ask(gateway, post(CHAT, chat(false), "x-a: b\r\n".repeat(120)))
                    .isOurs(431, "invalid_request_error", "headers_too_large");
            assertThat(engine.requests()).isEmpty();
        }
    }

    @Test
    void anEngineThatFailsIs502AndOneThatEndsTooEarlyIsUpstreamCut() throws Exception {
        ScriptedEngine.Script broken = (q, out) -> whole(out, 502, "{\"secret\":\"10.0.0.7:8000\"}");
        ScriptedEngine.Script cut = (q, out) -> {
            out.write("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 999\r\n\r\n{"
                    .getBytes(java.nio.charset.StandardCharsets.US_ASCII));
            return false;
        };
        for (int status : new int[] {401, 403, 502, 301, 204}) {
            ScriptedEngine.Script fails = (q, out) -> whole(out, status, "{\"secret\":\"10.0.0.7:8000\"}");
            try (ScriptedEngine engine = new ScriptedEngine("base").does(fails);
                    GatewayFixture gateway = GatewayFixture.before(dir, List.of(engine))) {
                Seen seen = ask(gateway, post(CHAT, chat(false))).isOurs(502, "api_error", "upstream_error");
                assertThat(seen.body()).doesNotContain("10.0.0.7").doesNotContain("secret");
                gateway.awaitIdle();
            }
        }
        try (ScriptedEngine engine = new ScriptedEngine("base").does(broken, cut);
                GatewayFixture gateway = GatewayFixture.before(dir, List.of(engine))) {
            ask(gateway, post(MESSAGES, chat(false))).isAnthropics(502, "api_error");
            ask(gateway, post(CHAT, chat(false))).isOurs(502, "api_error", "upstream_cut");
            gateway.awaitIdle();
        }
    }

    @Test
    void aCutStreamEndsWithAnErrorEventAndWithoutItsMarker() throws Exception {
        ScriptedEngine.Script dies = (q, out) -> {
            begin(out);
            chunk(out, delta("a"));
            return false;
        };
        try (ScriptedEngine engine = new ScriptedEngine("base").does(dies);
                GatewayFixture gateway = GatewayFixture.before(dir, List.of(engine))) {
            Seen seen = ask(gateway, post(CHAT, chat(true)));
            assertThat(seen.status()).isEqualTo(200);
            assertThat(seen.body())
                    .contains("\"type\":\"api_error\"")
                    .contains("\"code\":\"upstream_cut\"")
                    .doesNotContain("[DONE]");
        }
    }

    @Test
    void timeLimitsAre504BeforeAnAnswerAndAnEventWithinAStream() throws Exception {
        CountDownLatch over = new CountDownLatch(1);
        ScriptedEngine.Script silent = (q, out) -> !q.awaitClose();
        ScriptedEngine.Script pauses = (q, out) -> {
            begin(out);
            chunk(out, delta("a"));
            over.await();
            return false;
        };
        try (ScriptedEngine engine = new ScriptedEngine("base").does(silent, silent, silent, pauses);
                GatewayFixture gateway = GatewayFixture.before(dir, List.of(engine), QUICK)) {
            ask(gateway, post(CHAT, chat(false))).isOurs(504, "api_error", "upstream_timeout");
            ask(gateway, post(CHAT, chat(true))).isOurs(504, "api_error", "upstream_timeout");
            ask(gateway, post(MESSAGES, chat(false))).isAnthropics(504, "timeout_error");
            Seen stream = ask(gateway, post(CHAT, chat(true)));
            assertThat(stream.body()).contains("upstream_timeout").doesNotContain("[DONE]");
            over.countDown();
        }
    }

    @Test
    void theTotalTimeLimitEndsAStreamThatNeverPauses() throws Exception {
        ScriptedEngine.Script endless = (q, out) -> {
            begin(out);
            while (true) {
                chunk(out, delta("a"));
            }
        };
        try (ScriptedEngine engine = new ScriptedEngine("base").does(endless);
                GatewayFixture gateway = GatewayFixture.before(
                        dir, List.of(engine), "timeouts: {firstByte: 200ms, idle: 200ms, total: 400ms}")) {
            Seen stream = ask(gateway, post(CHAT, chat(true)));
            assertThat(stream.body()).contains("upstream_timeout").doesNotContain("[DONE]");
            gateway.awaitIdle();
        }
    }

    @Test
    void withoutAnEngineInServiceItIs503NoEndpoint() throws Exception {
        try (ScriptedEngine engine = new ScriptedEngine("other");
                GatewayFixture gateway = GatewayFixture.notReady(dir, List.of(engine))) {
            ask(gateway, post(CHAT, chat(false)))
                    .isOurs(503, "overloaded_error", "no_endpoint")
                    .retryAfter();
            ask(gateway, post(MESSAGES, chat(false))).isAnthropics(503, "overloaded_error");
        }
    }

    @Test
    void anEnginesOverloadIsTriedElsewhereAndPassesWithWholeSecondsWhenAllRefuse() throws Exception {
        String full = "{\"error\":{\"message\":\"full\",\"type\":\"x\",\"param\":null,\"code\":%d}}";
        for (int status : new int[] {429, 503}) {
            AtomicInteger first = new AtomicInteger();
            ScriptedEngine.Script refuses = (q, out) -> {
                if (first.getAndIncrement() == 0) {
                    return refusal(out, status, full.formatted(status), "7");
                }
                return whole(out, 200, GOOD);
            };
            try (ScriptedEngine a = new ScriptedEngine("base").does(refuses);
                    ScriptedEngine b = new ScriptedEngine("base").does(refuses);
                    GatewayFixture gateway = GatewayFixture.before(dir, List.of(a, b))) {
                Seen elsewhere = ask(gateway, post(CHAT, chat(false)));
                assertThat(elsewhere.status()).isEqualTo(200);
                assertThat(first).hasValue(2);
            }
            for (String wait : List.of("7", "1.2", "soon", "-4", "Thu, 01 Jan 1970 00:00:00 GMT", "")) {
                try (ScriptedEngine a = new ScriptedEngine("base")
                                .does((q, out) -> refusal(out, status, full.formatted(status), wait));
                        GatewayFixture gateway = GatewayFixture.before(dir, List.of(a))) {
                    Seen passed = ask(gateway, post(CHAT, chat(false)));
                    assertThat(passed.status()).isEqualTo(status);
                    assertThat(passed.body()).isEqualTo(full.formatted(status));
                    assertThat(passed.header("x-sluice-error-source")).isEqualTo("engine");
                    assertThat(passed.header("retry-after"))
                            .as(wait)
                            .isEqualTo(wait.equals("7") ? "7" : wait.equals("1.2") ? "2" : "1");
                }
            }
        }
    }

    @Test
    void aRefusalDoesNotPassWhenAnotherEngineFailed() throws Exception {
        AtomicInteger asked = new AtomicInteger();
        for (boolean failsFirst : new boolean[] {true, false}) {
            asked.set(failsFirst ? 0 : 1);
            ScriptedEngine.Script either = (q, out) -> asked.getAndIncrement() % 2 == 0
                    ? whole(out, 200, GOOD.replace("stop", "abort"))
                    : whole(out, 503, "{}");
            try (ScriptedEngine a = new ScriptedEngine("base").does(either);
                    ScriptedEngine b = new ScriptedEngine("base").does(either);
                    GatewayFixture gateway = GatewayFixture.before(dir, List.of(a, b))) {
                ask(gateway, post(CHAT, chat(false))).isOurs(502, "api_error", "upstream_cut");
            }
        }
    }

    private static boolean refusal(java.io.OutputStream out, int status, String body, String retryAfter)
            throws IOException {
        out.write(("HTTP/1.1 " + status + " X\r\ncontent-type: application/json\r\n"
                        + (retryAfter.isEmpty() ? "" : "retry-after: " + retryAfter + "\r\n") + "content-length: "
                        + body.length() + "\r\n\r\n" + body)
                .getBytes(java.nio.charset.StandardCharsets.US_ASCII));
        out.flush();
        return true;
    }

    @Test
    void anEnginesOwnErrorsPassUnchangedAndA404MakesUsAskItAgain() throws Exception {
        String text = "{\"error\":{\"message\":\"its own\",\"type\":\"t\",\"param\":null,\"code\":%d}}";
        for (int status : new int[] {400, 404, 405, 409, 413, 415, 422}) {
            try (ScriptedEngine engine =
                            new ScriptedEngine("base").does((q, out) -> whole(out, status, text.formatted(status)));
                    GatewayFixture gateway = GatewayFixture.before(dir, List.of(engine))) {
                int asked = engine.probes();
                Seen passed = ask(gateway, post(CHAT, chat(false)));
                assertThat(passed.status()).isEqualTo(status);
                assertThat(passed.body()).isEqualTo(text.formatted(status));
                assertThat(passed.header("x-sluice-error-source")).isEqualTo("engine");
                if (status == 404) {
                    engine.awaitModelsAsked(asked + 1);
                }
                gateway.awaitIdle();
            }
        }
    }

    @Test
    void anErrorOfAnthropicsRoutesIsInItsShapeWithinAStreamToo() throws Exception {
        String start = "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"id\":\"m\","
                + "\"usage\":{\"input_tokens\":3,\"output_tokens\":1}}}\n\n";
        try (ScriptedEngine engine = new ScriptedEngine("base").does((q, out) -> {
                    begin(out);
                    chunk(out, start);
                    return false;
                });
                GatewayFixture gateway = GatewayFixture.before(dir, List.of(engine))) {
            Seen seen = ask(gateway, post(MESSAGES, chat(true)));
            assertThat(seen.body())
                    .contains("event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"api_error\"");
            assertThat(seen.body()).doesNotContain("message_stop");
        }
    }

    @Test
    void aGoodStreamStillEndsWithItsMarker() throws Exception {
        try (ScriptedEngine engine = new ScriptedEngine("base").does((q, out) -> {
                    begin(out);
                    chunk(out, delta("a") + finish("stop") + DONE);
                    return end(out);
                });
                GatewayFixture gateway = GatewayFixture.before(dir, List.of(engine))) {
            assertThat(ask(gateway, post(CHAT, chat(true))).body()).contains("[DONE]");
        }
    }
}
