package dev.sluice.gateway.engine;

import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.concurrent.ConcurrentLinkedDeque;

/** Calls of many threads to one engine, off the hot path. Connections are kept while calls are close together. */
public final class EngineCalls implements AutoCloseable {
    private static final int KEPT = 16;

    private final EngineTarget target;
    private final ConcurrentLinkedDeque<EngineConnection> rest = new ConcurrentLinkedDeque<>();
    private volatile boolean closed;

    /** Opens nothing yet. */
    public EngineCalls(EngineTarget target) {
        this.target = target;
    }

    /** Takes an answer. */
    @FunctionalInterface
    public interface Reader<T> {
        /** Reads the body of an answer with this status, as far as it is wanted. */
        T read(int status, InputStream body) throws IOException;
    }

    /**
     * A POST of JSON that changes nothing at the engine: it may be sent twice.
     *
     * @param path with its first slash
     * @param limit for the call as a whole
     * @throws EngineCallException in words when no answer came or the reader could not take it
     */
    public <T> T post(String path, byte[] body, Duration limit, Reader<T> reader) throws EngineCallException {
        EngineConnection kept = rest.pollFirst();
        EngineConnection connection = kept == null ? new EngineConnection(target, limit) : kept;
        try {
            return connection.post(path, body, limit, reader::read);
        } finally {
            rest.addFirst(connection);
            if (closed || rest.size() > KEPT) {
                EngineConnection last = rest.pollLast();
                if (last != null) {
                    last.close();
                }
            }
        }
    }

    /** Closes the connections that rest, and the others after their call. */
    @Override
    public void close() {
        closed = true;
        for (EngineConnection next = rest.pollFirst(); next != null; next = rest.pollFirst()) {
            next.close();
        }
    }
}
