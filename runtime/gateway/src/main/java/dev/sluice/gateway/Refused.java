package dev.sluice.gateway;

import dev.sluice.gateway.stream.GatewayError;

/** The gateway itself answers with an error. Carries what the client is told; cheap, because overload makes many. */
final class Refused extends Exception {
    private static final long serialVersionUID = 1L;

    private final transient GatewayError error;
    private final int retryAfterSeconds;
    private final String reason;

    Refused(GatewayError error, String message) {
        this(error, message, "", 0);
    }

    /**
     * A refusal.
     *
     * @param reason for metrics and logs: one of few words
     * @param retryAfterSeconds 0 for none
     */
    Refused(GatewayError error, String message, String reason, int retryAfterSeconds) {
        super(message, null, false, false);
        this.error = error;
        this.reason = reason;
        this.retryAfterSeconds = retryAfterSeconds;
    }

    GatewayError error() {
        return error;
    }

    String text() {
        String message = getMessage();
        return message == null ? "" : message;
    }

    /** Why, for metrics. */
    String reason() {
        return reason.isEmpty() ? error.code() : reason;
    }

    int retryAfterSeconds() {
        return retryAfterSeconds;
    }
}
