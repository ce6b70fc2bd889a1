package dev.sluice.gateway.http;

import java.io.IOException;

/** The routes that own their bytes. */
public interface HotHandler {
    /**
     * Whether this request is handled here. Anything else goes to Helidon's routing, one request at a time. Called on
     * the connection's virtual thread; must be quick.
     */
    boolean hot(RequestHead head);

    /**
     * Handles one exchange on the connection's virtual thread. When it returns, a response must have been completed or
     * aborted; otherwise the client gets a 500. A {@link RequestException} that escapes is answered by
     * {@link #errorBody}; any other escape gives 500 when nothing was sent yet, else the connection is cut.
     */
    void handle(ClientExchange exchange) throws IOException, InterruptedException;

    /**
     * The JSON body of an error that the connection itself has to answer: bad or slow heads and bodies, overload.
     *
     * @param status the HTTP status
     * @param message what is wrong, without any secret
     */
    byte[] errorBody(int status, String message);

    /** Adds what the answer with such a body carries beside its type and length. */
    default void errorHeaders(int status, HeaderBlock headers) {}
}
