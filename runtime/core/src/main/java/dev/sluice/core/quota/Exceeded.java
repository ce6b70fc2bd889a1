package dev.sluice.core.quota;

/**
 * Why a request can't go now.
 *
 * @param waits when it could, if nothing else is used meanwhile, ns from now; 0 when nobody knows
 */
public record Exceeded(What what, long waits) {
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
