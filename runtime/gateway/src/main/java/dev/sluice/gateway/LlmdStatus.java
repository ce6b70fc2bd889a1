package dev.sluice.gateway;

import dev.sluice.gateway.extproc.Immediately;
import dev.sluice.gateway.stream.Dialect;
import dev.sluice.gateway.stream.Errors;
import dev.sluice.gateway.stream.GatewayError;
import dev.sluice.gateway.tenant.Tenant;
import java.util.ArrayList;
import java.util.List;

/**
 * Refusals as clients of llm-d's picker expect them: no room is 429, no engine 503, with the reason in
 * {@code x-llm-d-request-dropped-reason}. The body is OpenAI's (or Anthropic's) shape all the same, and says when to come
 * again.
 */
final class LlmdStatus {
    private LlmdStatus() {}

    /** @param tenant is told what its limits are, where it has any */
    static Immediately answer(Refused refused, Dialect dialect, String id, String clientId, Tenant tenant) {
        GatewayError error = refused.error();
        List<String> headers =
                new ArrayList<>(List.of("content-type", "application/json", "x-sluice-error-source", "gateway"));
        headers.addAll(List.of("x-sluice-id", id));
        if (!clientId.isEmpty()) {
            headers.addAll(List.of("x-request-id", clientId));
        }
        if (refused.retryAfterSeconds() > 0) {
            headers.addAll(List.of("retry-after", Integer.toString(refused.retryAfterSeconds())));
        }
        if (error == GatewayError.INVALID_API_KEY) {
            headers.addAll(List.of("www-authenticate", "Bearer"));
        }
        if (tenant.limited()) {
            QuotaHeaders.each(tenant.quota().standing(), (name, value) -> headers.addAll(List.of(name, value)));
        }
        String dropped = dropped(refused);
        if (!dropped.isEmpty()) {
            headers.addAll(List.of("x-llm-d-request-dropped-reason", dropped));
        }
        boolean busy = error == GatewayError.OVERLOADED || error == GatewayError.EVICTED;
        int status = busy && !refused.unidentified() ? 429 : error.status();
        return new Immediately(status, headers, Errors.body(dialect, error, refused.text()), refused.reason());
    }

    private static String dropped(Refused refused) {
        if (refused.unidentified()) {
            return "";
        }
        return switch (refused.error()) {
            case OVERLOADED -> refused.reason().equals("queue_timeout") ? "rejected-ttl-expired" : "rejected-saturated";
            case NO_ENDPOINT, STARTING -> "rejected-no-endpoints";
            case DRAINING -> "rejected-shutting-down";
            case EVICTED -> "evicted";
            default -> "";
        };
    }
}
