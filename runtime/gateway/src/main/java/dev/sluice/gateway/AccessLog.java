package dev.sluice.gateway;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import dev.sluice.core.Usage;
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

    /**
     * What is said of an exchange.
     *
     * @param nanos how long it took
     */
    record Line(
            String id,
            String clientId,
            String tenant,
            String keyId,
            String route,
            String pool,
            String model,
            String endpoint,
            String prefillEndpoint,
            int attempts,
            int status,
            String reason,
            long nanos,
            Usage usage,
            long bytesIn,
            long bytesOut) {}

    /** False when lines are not worth making. */
    boolean on() {
        return on;
    }

    void line(Line line) {
        if (!on) {
            return;
        }
        StringWriter text = new StringWriter(256);
        try (JsonGenerator json = JSON.createGenerator(text)) {
            json.writeStartObject();
            json.writeStringField("time", Instant.now().toString());
            json.writeStringField("id", line.id());
            json.writeStringField("requestId", line.clientId());
            json.writeStringField("tenant", line.tenant());
            if (!line.keyId().isEmpty()) {
                json.writeStringField("key", line.keyId());
            }
            json.writeStringField("route", line.route());
            json.writeStringField("pool", line.pool());
            json.writeStringField("model", line.pool().isEmpty() ? "" : line.model());
            json.writeStringField("endpoint", line.endpoint());
            if (!line.prefillEndpoint().isEmpty()) {
                json.writeStringField("prefillEndpoint", line.prefillEndpoint());
            }
            json.writeNumberField("attempts", line.attempts());
            json.writeNumberField("status", line.status());
            json.writeStringField("reason", line.reason());
            json.writeNumberField("durationMs", Math.round(line.nanos() / 1e3) / 1e3);
            json.writeNumberField("promptTokens", line.usage().promptTokens());
            json.writeNumberField("cachedTokens", line.usage().cachedTokens());
            json.writeNumberField("outputTokens", line.usage().outputTokens());
            json.writeNumberField("bytesIn", line.bytesIn());
            json.writeNumberField("bytesOut", line.bytesOut());
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
