package dev.sluice.core.quota;

/**
 * Why a request can't go now.
 *
 * @param waits when it could, if nothing else is used meanwhile, ns from now; 0 when nobody knows
 * @param lease the limit itself is not reached, but other replicas have not heard yet what was used here: see {@link Replicas}
 */
public record Exceeded(What what, long waits, boolean lease) {
    /** The limit itself is reached. */
    public Exceeded(What what, long waits) {
        this(what, waits, false);
    }

    /** Which limit. */
    public enum What {
        /** Requests per minute. */
        REQUESTS,
        /** Tokens per minute. */
        TOKENS,
        /** Requests at once. */
        CONCURRENT
    }
}
