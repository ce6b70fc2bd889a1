package dev.sluice.gateway.extproc;

import java.util.List;

/** The client is answered at once, and by nobody else. Cheap, because overload makes many. */
public final class Immediately extends Exception {
    private static final long serialVersionUID = 1L;

    private final int status;
    private final transient List<String> headers;
    private final transient byte[] body;
    private final String details;

    /**
     * An answer.
     *
     * @param headers names and values in turn
     * @param details for the proxy's log: one of few words
     */
    public Immediately(int status, List<String> headers, byte[] body, String details) {
        super(details, null, false, false);
        this.status = status;
        this.headers = headers;
        this.body = body;
        this.details = details;
    }

    /** The HTTP status. */
    public int status() {
        return status;
    }

    /** Names and values in turn. */
    public List<String> headers() {
        return headers;
    }

    /** What the client reads. */
    public byte[] body() {
        return body;
    }

    /** Why, in few words. */
    public String details() {
        return details;
    }
}
