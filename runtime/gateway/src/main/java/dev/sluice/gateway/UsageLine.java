package dev.sluice.gateway;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import dev.sluice.core.Usage;
import java.io.IOException;
import java.io.OutputStream;
import java.time.Instant;

/**
 * What is written of an exchange: who, what, how much, how it ended. Nothing of what was asked or answered.
 *
 * @param epochMillis when it ended
 * @param key id of the key; empty without one
 * @param adapter the adapter; empty without one
 * @param usage as the engine told it; what it did not tell stands as it was seen, or is left out
 * @param estimated the prompt's tokens, or the answer's, were not told by the engine
 * @param prefillNanos time at an engine that computed the prompt for another
 * @param serveNanos time at the engines that served, all attempts
 */
record UsageLine(
        long epochMillis,
        String id,
        String clientId,
        String tenant,
        String key,
        String route,
        String pool,
        String model,
        String adapter,
        String endpoint,
        int attempts,
        Usage usage,
        boolean estimated,
        long prefillNanos,
        long serveNanos,
        int status,
        String outcome) {
    private static final JsonFactory JSON = new JsonFactory().disable(JsonGenerator.Feature.AUTO_CLOSE_TARGET);

    void write(OutputStream out) throws IOException {
        try (JsonGenerator json = JSON.createGenerator(out)) {
            json.writeStartObject();
            json.writeStringField("time", Instant.ofEpochMilli(epochMillis).toString());
            json.writeStringField("id", id);
            text(json, "requestId", clientId);
            json.writeStringField("tenant", tenant);
            text(json, "key", key);
            json.writeStringField("route", route);
            text(json, "pool", pool);
            text(json, "model", model);
            text(json, "adapter", adapter);
            text(json, "endpoint", endpoint);
            json.writeNumberField("attempts", attempts);
            tokens(json, "promptTokens", usage.promptTokens());
            tokens(json, "cachedTokens", usage.cachedTokens());
            tokens(json, "outputTokens", usage.outputTokens());
            if (estimated) {
                json.writeBooleanField("estimated", true);
            }
            if (prefillNanos + serveNanos > 0) {
                json.writeObjectFieldStart("engineSeconds");
                if (prefillNanos > 0) {
                    json.writeNumberField("prefill", seconds(prefillNanos));
                }
                json.writeNumberField("serve", seconds(serveNanos));
                json.writeEndObject();
            }
            json.writeNumberField("status", status);
            json.writeStringField("outcome", outcome);
            json.writeEndObject();
        }
        out.write('\n');
    }

    private static void text(JsonGenerator json, String name, String value) throws IOException {
        if (!value.isEmpty()) {
            json.writeStringField(name, value);
        }
    }

    private static void tokens(JsonGenerator json, String name, int value) throws IOException {
        if (value >= 0) {
            json.writeNumberField(name, value);
        }
    }

    private static double seconds(long nanos) {
        return Math.round(nanos / 1e3) / 1e6;
    }
}
