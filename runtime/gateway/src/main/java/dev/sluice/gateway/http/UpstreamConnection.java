package dev.sluice.gateway.http;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;

/**
 * One leg: one request to an engine and its answer. Used by one thread; only {@link #abort} comes from anywhere. Call
 * {@link #release} in the end whatever happened: it keeps the connection only when it is clean.
 */
public interface UpstreamConnection {
    /** A block for the request's headers, empty at first; Host and framing are added by {@link #send}. */
    HeaderBlock headers();

    /**
     * Sends the request in one gathering write. Host and Content-Length are written here.
     *
     * @param method GET, POST …
     * @param target origin-form
     * @param body each between position and limit; the buffers themselves are left as they are, so that a retry can send
     *     them again
     * @throws UpstreamException when it cannot be sent
     */
    void send(String method, String target, HeaderBlock headers, ByteBuffer... body) throws IOException;

    /**
     * Waits for the answer's head; interim responses are skipped, at most 8.
     *
     * @param limit from now until the head is complete
     * @return valid until the next {@link #next} or {@link #release}
     */
    ResponseHead readHead(Duration limit) throws IOException;

    /**
     * Reads more of the body.
     *
     * @param idle longest wait
     * @return false at the end of a complete body; true when {@link #data} has bytes
     * @throws UpstreamException.Cut when the connection ends before the body does
     */
    boolean next(Duration idle) throws IOException;

    /** The decoded bytes of the last {@link #next}, between position and limit, valid until the one after it. */
    ByteBuffer data();

    /**
     * Reads the whole rest of the body.
     *
     * @param limit most bytes
     * @return the body, complete by its framing, or empty when there are more than {@code limit} bytes: then what was
     *     read is in {@link #overflow} and the rest comes by {@link #next}
     */
    java.util.Optional<ByteBuffer> readAll(long limit, Duration idle) throws IOException;

    /** What {@link #readAll} had read when it found that the body is too long. */
    ByteBuffer overflow();

    /** Whether this connection had served an exchange before. */
    boolean reused();

    /** Whether at least one byte of the answer came. */
    boolean answered();

    /** Whether the answer was read to its end, by its framing. */
    boolean finished();

    /** Back to the pool when clean, else closed. Harmless when called again. */
    void release();

    /** Closes at once; a thread that waits in this leg gets {@link UpstreamException.Aborted}. From any thread. */
    void abort();

    /** Bytes sent in this exchange. */
    long bytesOut();

    /** Bytes received in this exchange. */
    long bytesIn();
}
