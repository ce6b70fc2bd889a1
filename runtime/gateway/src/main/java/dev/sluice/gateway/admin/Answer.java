package dev.sluice.gateway.admin;

import java.nio.charset.StandardCharsets;
import java.util.Map;

/**
 * What the admin port answers.
 *
 * @param status HTTP status
 * @param type content type
 * @param body all of it
 * @param headers further headers
 */
record Answer(int status, String type, byte[] body, Map<String, String> headers) {
    /** The shape of errors is that of the tenant port. */
    private record Failure(Detail error) {
        private record Detail(String message, String type, String code) {}
    }

    static Answer json(int status, Object value) {
        return new Answer(status, "application/json", AdminJson.bytes(value), Map.of());
    }

    static Answer text(int status, String type, String text) {
        return new Answer(status, type, text.getBytes(StandardCharsets.UTF_8), Map.of());
    }

    static Answer error(int status, String code, String message) {
        String type = status >= 500 ? "api_error" : status == 401 ? "authentication_error" : "invalid_request_error";
        return json(status, new Failure(new Failure.Detail(message, type, code)));
    }

    Answer with(String header, String value) {
        return new Answer(status, type, body, Map.of(header, value));
    }
}
