package dev.sluice.gateway.extproc;

import java.util.List;

/** The client is answered at once, and by nobody else. Cheap, because overload makes many. */
public final class Immediately extends Exception {
    private static final long serialVersionUID = 1L;

    private final int status;
    private final transient List<String> headers;
    private final transient byte[] body;
    private final String details;
    private final boolean stopping;

    /**
     * An answer.
     *
     * @param headers names and values in turn
     * @param details for the proxy's log: one of few words
     */
    public Immediately(int status, List<String> headers, byte[] body, String details) {
        this(status, headers, body, details, false);
    }

    private Immediately(int status, List<String> headers, byte[] body, String details, boolean stopping) {
        super(details, null, false, false);
        this.status = status;
        this.headers = headers;
        this.body = body;
        this.details = details;
        this.stopping = stopping;
    }

    /**
     * The same, because the picker stops: the proxy's stream ends with {@code UNAVAILABLE} in place of an answer, as llm-d's picker
     * ends it, so that the proxy's own {@code failure_mode_allow} says what becomes of the client.
     */
    public Immediately whileStopping() {
        return new Immediately(status, headers, body, details, true);
    }

    /** Whether the picker stops, and the proxy decides what the client gets. */
    boolean stopping() {
        return stopping;
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
