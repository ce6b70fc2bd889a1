package dev.sluice.gateway;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.io.PrintStream;
import java.io.StringWriter;
import java.time.Instant;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;

/**
 * One JSON line per exchange: who, where, how long, how it ended; never a prompt, never a key. Lines are written by a
 * thread of their own; when the reader of the log is stuck, lines are dropped and counted, and requests are unaffected.
 */
final class AccessLog implements AutoCloseable {
    /** Writes nothing. */
    static final AccessLog OFF = new AccessLog(false, System.err);

    private static final JsonFactory JSON = new JsonFactory();
    private static final int WAITING = 10_000;

    private final boolean on;
    private final PrintStream out;
    private final LinkedBlockingQueue<String> lines = new LinkedBlockingQueue<>(WAITING);
    private final AtomicBoolean open = new AtomicBoolean(true);
    private final AtomicLong dropped = new AtomicLong();

    private AccessLog(boolean on, PrintStream out) {
        this.on = on;
        this.out = out;
        if (on) {
            Thread.ofPlatform().name("access-log").daemon().start(this::write);
        }
    }

    /** Writes to a stream. */
    static AccessLog to(PrintStream out) {
        return new AccessLog(true, out);
    }

    void line(Exchange exchange, String clientId, String pool, int status, String reason, long nanos) {
        if (!on) {
            return;
        }
        StringWriter text = new StringWriter(256);
        try (JsonGenerator json = JSON.createGenerator(text)) {
            json.writeStartObject();
            json.writeStringField("time", Instant.now().toString());
            json.writeStringField("id", exchange.id);
            json.writeStringField("requestId", clientId);
            json.writeStringField("tenant", Exchange.ANONYMOUS);
            json.writeStringField("route", exchange.api.path());
            json.writeStringField("pool", pool);
            json.writeStringField("model", pool.isEmpty() ? "" : exchange.model);
            json.writeStringField("endpoint", exchange.endpointId);
            if (!exchange.prefillId().isEmpty()) {
                json.writeStringField("prefillEndpoint", exchange.prefillId());
            }
            json.writeNumberField("attempts", exchange.attempts);
            json.writeNumberField("status", status);
            json.writeStringField("reason", reason);
            json.writeNumberField("durationMs", Math.round(nanos / 1e3) / 1e3);
            json.writeNumberField("promptTokens", exchange.usage.promptTokens());
            json.writeNumberField("cachedTokens", exchange.usage.cachedTokens());
            json.writeNumberField("outputTokens", exchange.usage.outputTokens());
            json.writeNumberField("bytesIn", exchange.client.bytesIn());
            json.writeNumberField("bytesOut", exchange.client.bytesOut());
            json.writeEndObject();
        } catch (IOException impossible) {
            throw new IllegalStateException(impossible);
        }
        if (!lines.offer(text.append('\n').toString())) {
            dropped.incrementAndGet();
        }
    }

    private void write() {
        try {
            while (open.get() || !lines.isEmpty()) {
                out.print(lines.take());
            }
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
        }
    }

    /** Lines that were dropped because nobody read them. */
    long dropped() {
        return dropped.get();
    }

    @Override
    public void close() {
        open.set(false);
        lines.offer("");
    }
}
