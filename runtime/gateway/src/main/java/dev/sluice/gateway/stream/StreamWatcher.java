package dev.sluice.gateway.stream;

import dev.sluice.gateway.http.ChunkWatcher;
import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * Watches one streamed answer: passes whole events on as they come, keeps the values the gateway needs, and lets no
 * stream look complete that is not. One instance per stream; not for concurrent use.
 */
public final class StreamWatcher implements ChunkWatcher {
    private final Dialect dialect;

    /**
     * @param dialect of the route
     * @param dropUsage take the one usage-only event out again, because we asked for it and the client did not
     */
    public StreamWatcher(Dialect dialect, boolean dropUsage) {
        this.dialect = dialect;
    }

    /** @throws GarbledStream the verdict has long been given and the engine does not stop */
    @Override
    public void onBytes(ByteBuffer data, Passage out) throws IOException {
        out.pass(data.position(), data.limit());
    }

    @Override
    public void onEnd(Passage out) {}

    /** How the stream ended, as far as is known now. */
    public Verdict verdict() {
        return Verdict.OPEN;
    }

    /** The engine's connection broke or was given up: an open stream is a cut now. The verdict then. */
    public Verdict broken() {
        return verdict();
    }

    /** Whether an event with data has come that is no error. Until then nothing of an answer need reach the client. */
    public boolean firstData() {
        return false;
    }

    /** Tokens generated so far: the engine's own count where it keeps saying, else events that carried content. */
    public int tokens() {
        return 0;
    }

    /** What the engine says it cost. */
    public Usage usage() {
        return Usage.UNKNOWN;
    }

    /** The answer's own id (of {@code /v1/responses}: what a later {@code previous_response_id} names); or empty. */
    public String id() {
        return "";
    }

    /** With {@link Verdict#ENGINE_ERROR}: the status the engine's error event names, -1 when it names none. */
    public int errorCode() {
        return -1;
    }

    /** The event that tells the client of the break; never followed by an end marker. */
    public ByteBuffer cutEvent(GatewayError error, String message) {
        return Errors.event(dialect, error, message, 0);
    }
}
