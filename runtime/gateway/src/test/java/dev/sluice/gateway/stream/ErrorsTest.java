package dev.sluice.gateway.stream;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class ErrorsTest {
    private static final ObjectMapper JACKSON = new ObjectMapper();

    private static String text(ByteBuffer bytes) {
        return StandardCharsets.UTF_8.decode(bytes.duplicate()).toString();
    }

    @Test
    void theBodiesAreThoseOfTheTwoProtocols() {
        assertThat(new String(
                        Errors.body(Dialect.OPENAI_CHAT, GatewayError.MODEL_NOT_FOUND, "no model \"x\"", "model"),
                        StandardCharsets.UTF_8))
                .isEqualTo("{\"error\":{\"message\":\"no model \\\"x\\\"\",\"type\":\"invalid_request_error\","
                        + "\"param\":\"model\",\"code\":\"model_not_found\"}}");
        assertThat(new String(
                        Errors.body(Dialect.ANTHROPIC, GatewayError.MODEL_NOT_FOUND, "no model"),
                        StandardCharsets.UTF_8))
                .isEqualTo("{\"type\":\"error\",\"error\":{\"type\":\"not_found_error\",\"message\":\"no model\"}}");
    }

    @Test
    void theCutEventsAreThoseOfTheDialects() {
        assertThat(text(new StreamWatcher(Dialect.OPENAI_CHAT, false).cutEvent(GatewayError.UPSTREAM_CUT, "cut")))
                .isEqualTo("data: {\"error\":{\"message\":\"cut\",\"type\":\"api_error\",\"param\":null,"
                        + "\"code\":\"upstream_cut\"}}\n\n");
        assertThat(text(new StreamWatcher(Dialect.ANTHROPIC, false).cutEvent(GatewayError.UPSTREAM_CUT, "cut")))
                .isEqualTo("event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"api_error\","
                        + "\"message\":\"cut\"}}\n\n");
        assertThat(new StreamWatcher(Dialect.OTHER, false)
                        .cutEvent(GatewayError.UPSTREAM_CUT, "cut")
                        .hasRemaining())
                .isFalse();
    }

    @Test
    void aResponsesCutGoesOnWithTheNumbersOfTheEvents() throws JsonProcessingException {
        Watched.Run run = new Watched.Run(Dialect.RESPONSES, false);
        run.feed("data: {\"type\":\"response.created\",\"sequence_number\":0}\n\n");
        run.feed("data: {\"type\":\"response.output_text.delta\",\"delta\":\"a\",\"sequence_number\":6}\n\n");
        String event = text(run.watcher.cutEvent(GatewayError.UPSTREAM_TIMEOUT, "too slow"));
        assertThat(event).startsWith("event: error\ndata: {").endsWith("}\n\n");
        JsonNode json = JACKSON.readTree(event.substring(event.indexOf('{')));
        assertThat(json.path("type").asText()).isEqualTo("error");
        assertThat(json.path("sequence_number").asInt()).isEqualTo(7);
        assertThat(json.path("code").asText()).isEqualTo("upstream_timeout");
        assertThat(json.path("message").asText()).isEqualTo("too slow");
        assertThat(json.path("error").path("code").asText()).isEqualTo("upstream_timeout");
    }

    @ParameterizedTest
    @EnumSource(names = "OTHER", mode = EnumSource.Mode.EXCLUDE)
    void ourOwnWatcherTakesOurCutEventForAnError(Dialect dialect) {
        String event = text(new StreamWatcher(dialect, false).cutEvent(GatewayError.UPSTREAM_CUT, "cut"));
        assertThat(Watched.whole(dialect, event).verdict()).isEqualTo(Verdict.ENGINE_ERROR);
    }

    @Test
    void anyMessageBecomesOneJsonString() throws IOException {
        String message = "a\"b\\c\n\r\t\u0000\u001f\u007f\u2028ä€\ud83d\ude00 </script>";
        for (Dialect dialect : Dialect.values()) {
            byte[] body = Errors.body(dialect, GatewayError.INVALID_REQUEST, message, "p\"");
            assertThat(JACKSON.readTree(body).path("error").path("message").asText())
                    .isEqualTo(message);
            if (dialect != Dialect.OTHER) {
                assertThat(text(Errors.event(dialect, GatewayError.INVALID_REQUEST, message, 1))
                                .lines())
                        .hasSizeLessThanOrEqualTo(3);
            }
        }
        byte[] lone = Errors.body(Dialect.OTHER, GatewayError.INVALID_REQUEST, "\ud83d!\ude00");
        assertThat(JACKSON.readTree(lone).path("error").path("message").asText())
                .isEqualTo("\ufffd!\ufffd");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "10.1.2.3",
                "10.1.2.3:8000",
                "http://engine-0.models.svc:8000/v1/chat/completions",
                "https://10.0.0.1",
                "tcp://127.0.0.1:5557",
                "[::1]:8000",
                "[fe80::1%eth0]",
                "2001:db8::7",
                "localhost:9001",
                "engine-0.models.svc",
                "engine.example.com:80",
                "engine-0.models.svc.cluster.local:8000",
            })
    void anAddressNeverShows(String address) {
        assertThat(Errors.withoutAddresses("connect to " + address + " failed"))
                .isEqualTo("connect to [address] failed");
        assertThat(Errors.withoutAddresses("(" + address + ")")).isEqualTo("([address])");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "line 3: unexpected character at 12:55, byte:17",
                "std::function",
                "messages[0].content: must be text",
                "model \"chat\" does not exist",
                "version 1.2.3 of 2026-01-01",
                "duplicate key at byte 17: \"model\"",
                "no data for 60 s",
            })
    void otherWordsStay(String message) {
        assertThat(Errors.withoutAddresses(message)).isEqualTo(message);
    }

    @ParameterizedTest
    @CsvSource({
        "INVALID_REQUEST, 400, invalid_request_error, invalid_request",
        "INVALID_API_KEY, 401, authentication_error, invalid_api_key",
        "ROUTE_NOT_ALLOWED, 403, permission_error, route_not_allowed",
        "HEADER_NOT_ALLOWED, 403, permission_error, header_not_allowed",
        "MODEL_NOT_FOUND, 404, invalid_request_error, model_not_found",
        "NOT_FOUND, 404, invalid_request_error, not_found",
        "METHOD_NOT_ALLOWED, 405, invalid_request_error, method_not_allowed",
        "REQUEST_TIMEOUT, 408, invalid_request_error, request_timeout",
        "REQUEST_TOO_LARGE, 413, invalid_request_error, request_too_large",
        "UNSUPPORTED_ENCODING, 415, invalid_request_error, unsupported_encoding",
        "HEADERS_TOO_LARGE, 431, invalid_request_error, headers_too_large",
        "RATE_LIMIT_EXCEEDED, 429, rate_limit_error, rate_limit_exceeded",
        "QUOTA_EXCEEDED, 429, rate_limit_error, quota_exceeded",
        "INTERNAL, 500, api_error, internal_error",
        "UPSTREAM_ERROR, 502, api_error, upstream_error",
        "UPSTREAM_CUT, 502, api_error, upstream_cut",
        "OVERLOADED, 503, overloaded_error, overloaded",
        "EVICTED, 503, overloaded_error, evicted",
        "NO_ENDPOINT, 503, overloaded_error, no_endpoint",
        "STARTING, 503, overloaded_error, starting",
        "DRAINING, 503, overloaded_error, draining",
        "UPSTREAM_TIMEOUT, 504, api_error, upstream_timeout",
    })
    void statusTypeAndCodeAreThosePromised(GatewayError error, int status, String type, String code) {
        assertThat(error.status()).isEqualTo(status);
        assertThat(error.type()).isEqualTo(type);
        assertThat(error.code()).isEqualTo(code);
    }

    @Test
    void everyErrorIsPromised() {
        assertThat(GatewayError.values()).hasSize(22);
    }
}
