package dev.sluice.core;

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
    /** No connection could be made: the engine never saw the request. */
    UNREACHABLE,
    /** The engine failed before or while it answered: 5xx, reset, cut, garbage. */
    FAILED,
    /** A time limit was hit. */
    TIMED_OUT,
    /** KV that another engine computed did not get here. Says nothing about this endpoint alone. */
    HANDOVER_FAILED;

    /** True when the outcome counts against the endpoint's health. */
    public boolean blamesEndpoint() {
        return this == UNREACHABLE || this == FAILED || this == TIMED_OUT;
    }
}
