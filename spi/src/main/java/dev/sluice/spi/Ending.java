package dev.sluice.spi;

/** How an attempt ended. Lent for the call. */
public interface Ending {
    /** Ways to end. */
    enum Kind {
        /** The engine answered in full. */
        COMPLETED,
        /** The engine refused for a reason of the request's own (4xx). */
        REJECTED,
        /** The engine had no room (429, 503). */
        OVERLOADED,
        /** The client left, or the request gave way to another one. */
        CANCELLED,
        /** No connection could be made: the engine never saw the request. */
        UNREACHABLE,
        /** The engine failed before or while it answered. */
        FAILED,
        /** A time limit was hit. */
        TIMED_OUT
    }

    /** Which of them. */
    Kind kind();

    /** When, on the clock of {@link Choice#at}. */
    long at();

    /** Prompt tokens as the engine counted them; -1 when it did not say. */
    int promptTokens();

    /** Prompt tokens that the engine found in its cache; -1 when it did not say. */
    int cachedTokens();

    /** Tokens that it generated; -1 when it did not say. */
    int outputTokens();
}
