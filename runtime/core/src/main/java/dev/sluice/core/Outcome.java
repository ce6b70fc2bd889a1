package dev.sluice.core;

import dev.sluice.spi.Ending;
import java.util.Locale;

/** How one leg ended, as far as the endpoint is concerned. */
public enum Outcome {
    /** The engine answered in full. */
    COMPLETED,
    /** The engine refused for a reason of the request's own (4xx). Says nothing bad about the endpoint. */
    REJECTED,
    /** The engine said that it has no room (429, 503). */
    OVERLOADED,
    /** The client left. Says nothing about the endpoint. */
    CANCELLED,
    /** The gateway took it back for a request of higher priority. Says nothing about the endpoint. */
    EVICTED,
    /** No connection could be made: the engine never saw the request. */
    UNREACHABLE,
    /** The engine failed before or while it answered: 5xx, reset, cut, garbage. */
    FAILED,
    /** A time limit was hit. */
    TIMED_OUT,
    /** KV that another engine computed did not get here. Says nothing about this endpoint alone. */
    HANDOVER_FAILED;

    private final String label = name().toLowerCase(Locale.ROOT);

    /** The name for metrics and people, such as {@code timed_out}. */
    public String label() {
        return label;
    }

    /** What plugins are told. */
    Ending.Kind kind() {
        return switch (this) {
            case COMPLETED -> Ending.Kind.COMPLETED;
            case REJECTED -> Ending.Kind.REJECTED;
            case OVERLOADED -> Ending.Kind.OVERLOADED;
            case CANCELLED, EVICTED, HANDOVER_FAILED -> Ending.Kind.CANCELLED;
            case UNREACHABLE -> Ending.Kind.UNREACHABLE;
            case FAILED -> Ending.Kind.FAILED;
            case TIMED_OUT -> Ending.Kind.TIMED_OUT;
        };
    }

    /** True when the outcome counts against the endpoint's health. */
    public boolean blamesEndpoint() {
        return this == UNREACHABLE || this == FAILED || this == TIMED_OUT;
    }
}
