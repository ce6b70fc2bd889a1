package dev.sluice.gateway;

import dev.sluice.core.Decision;
import dev.sluice.gateway.stream.GatewayError;
import java.util.Optional;
import java.util.OptionalLong;

/** The gateway itself answers with an error. Carries what the client is told; cheap, because overload makes many. */
final class Refused extends Exception {
    private static final long serialVersionUID = 1L;

    /** A token's issuer can't be asked. */
    static final String NO_ISSUER = "issuer_unavailable";
    /** The tenant's file is broken. */
    static final String BROKEN_TENANT = "tenant_broken";

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

    /** Engines broke of it: it is shown to no other for a while. */
    static Refused quarantined() {
        return new Refused(
                GatewayError.INVALID_REQUEST,
                "Engines broke while they had this request; it is not tried again for a while.",
                "quarantined",
                0);
    }

    /**
     * It ran, and its place was needed.
     *
     * @param retryAfterSeconds until it may hope for another one
     */
    static Refused evicted(int retryAfterSeconds) {
        return new Refused(
                GatewayError.EVICTED,
                "The engine was needed for requests of higher priority before it had answered.",
                "evicted",
                retryAfterSeconds);
    }

    /** There is no room now. */
    static Refused overloaded(String message, String reason) {
        return new Refused(GatewayError.OVERLOADED, message, reason, 1);
    }

    /**
     * Endpoints are being started.
     *
     * @param eta until the first is in service, ns; empty when nobody knows
     */
    static Refused starting(OptionalLong eta) {
        long seconds = eta.isPresent() ? (eta.getAsLong() + 999_999_999L) / 1_000_000_000L : 10;
        return new Refused(
                GatewayError.STARTING,
                "the engines of this model are being started",
                "starting",
                Math.clamp(seconds, 1, 3600));
    }

    /** A decision found no place. */
    static Refused unplaced(Placer.Placed placed) {
        boolean saturated = placed.decision().isEmpty()
                || placed.decision().get().refusal().equals(Optional.of(Decision.Refusal.SATURATED));
        if (saturated) {
            return overloaded("all engines of this model are busy", "saturated");
        }
        return placed.decision().get().refusal().equals(Optional.of(Decision.Refusal.NOT_ADMITTED))
                ? overloaded("requests of this priority are not served now", "not_admitted")
                : new Refused(GatewayError.NO_ENDPOINT, "no engine of this model is in service", "no_endpoint", 1);
    }

    /** Who calls can't be found out now: that is not for want of room. */
    boolean unidentified() {
        return reason.equals(NO_ISSUER) || reason.equals(BROKEN_TENANT);
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
