package dev.sluice.gateway.http;

import java.io.IOException;
import java.net.SocketAddress;
import java.nio.ByteBuffer;

/**
 * One request of a client and its response. Used by one thread at a time, except where a method says otherwise. Valid
 * until {@link HotHandler#handle} returns; so are its head and its body.
 */
public interface ClientExchange {
    /** The request's head. */
    RequestHead head();

    /** Whom the bytes come from. */
    SocketAddress remoteAddress();

    /** Whether they came through TLS. */
    boolean secure();

    /**
     * Reads the whole body into one contiguous buffer, answering {@code Expect: 100-continue} first.
     *
     * @param limit most bytes; more is a {@link RequestException} 413, at once when Content-Length says so
     * @param budget charged while the body is held; not available within the limit's wait is 503
     * @return the body between position and limit; belongs to the exchange; no body is an empty buffer
     * @throws RequestException 400 bad chunks, 408 too slow, 413, 503
     * @throws ClientGone the client left in the middle of it
     */
    ByteBuffer readBody(long limit, BodyBudget budget) throws IOException, InterruptedException;

    /** Gives the body's memory and budget back before the exchange ends. The body must not be touched afterwards. */
    void releaseBody();

    /** A block for this response's headers, empty at first; one per exchange. */
    HeaderBlock headers();

    /**
     * Sends a whole response. Content-Length and Connection are added here; for HEAD, 204 and 304 the body is dropped.
     *
     * @param body each between position and limit, consumed
     */
    void respond(int status, HeaderBlock headers, ByteBuffer... body) throws IOException;

    /** As {@link #respond(int, HeaderBlock, ByteBuffer...)}. */
    default void respond(int status, HeaderBlock headers, byte[] body) throws IOException {
        respond(status, headers, ByteBuffer.wrap(body));
    }

    /**
     * Begins a response of unknown length: chunked, or delimited by close for HTTP/1.0. The head is kept back until the
     * first {@link #write}, {@link #flush} or {@link #finish}, so that it travels with the first bytes.
     */
    void startStream(int status, HeaderBlock headers) throws IOException;

    /**
     * Begins a response whose length is known but which is passed on piece by piece. Ending it short cuts the connection.
     *
     * @param length bytes that will be written, ≥ 0
     */
    void startStream(int status, HeaderBlock headers, long length) throws IOException;

    /** Sends the head now when it is still kept back. */
    void flush() throws IOException;

    /** Writes some of the body, as one chunk. An empty buffer writes nothing. */
    void write(ByteBuffer data) throws IOException;

    /** Ends a stream as complete. */
    void finish() throws IOException;

    /**
     * Ends the exchange without a proper end, so that a cut answer never looks complete: closes the connection. Callable
     * from any thread, more than once.
     */
    void abort();

    /** Whether the connection was opened when a drain had already begun to close them. */
    boolean late();

    /** Whether a response has been begun; then the status is settled. */
    boolean started();

    /** Whether the response was sent completely. */
    boolean finished();

    /** Whether the request's body must not be touched any more. From any thread. */
    boolean bodyReleased();

    /** Whether the client has left, as far as known. Any thread. */
    boolean gone();

    /**
     * Runs {@code action} once when the client leaves (half-close counts) from now until the response is finished; at
     * once when it has already left. The action runs on a thread of its own that may wait, and may still run when the
     * response has just been finished. A later call replaces the action. While no action is set, leaving is only noticed by reads and writes. With a body, watching begins when it
     * has been read.
     */
    void onGone(Runnable action);

    /** The connection is closed after this response. */
    void closeAfter();

    /** Bytes of this request so far, head and framing included. */
    long bytesIn();

    /** Bytes of this response so far, head and framing included. */
    long bytesOut();
}
