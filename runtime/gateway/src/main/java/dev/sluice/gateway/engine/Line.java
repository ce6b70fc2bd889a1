package dev.sluice.gateway.engine;

import java.io.IOException;

/** A connection to an engine; used by one thread, closed by any. */
public interface Line extends AutoCloseable {
    /**
     * Waits for bytes, and takes what is there.
     *
     * @param length most bytes, at least 1
     * @param deadline {@link System#nanoTime} beyond which nothing is waited for
     * @return number of bytes, or -1 at the end of the stream
     * @throws java.net.SocketTimeoutException when nothing came by then
     */
    int read(byte[] into, int offset, int length, long deadline) throws IOException;

    /** Sends all of it, by the same deadline. */
    void write(byte[] bytes, long deadline) throws IOException;

    /** A thread that waits on it gets an {@link IOException}. */
    @Override
    void close();
}
