package dev.sluice.gateway.http;

import java.io.IOException;

/**
 * A request that must be refused because of how it is framed or how slowly it comes. The connection is closed after the
 * answer, because nobody can say where the next request would begin.
 */
public final class RequestException extends IOException {
    private final int status;

    /**
     * @param status 400, 408, 413, 417, 431, 501, 503 or 505
     * @param message what is wrong, fit to be shown to the client
     */
    public RequestException(int status, String message) {
        super(message);
        this.status = status;
    }

    /** What is wrong is the client's request: the place where it was noticed says nothing, and would cost more than the answer. */
    @Override
    public synchronized Throwable fillInStackTrace() {
        return this;
    }

    /** The HTTP status to answer with. */
    public int status() {
        return status;
    }
}
