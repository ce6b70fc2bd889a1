package dev.sluice.gateway.metrics;

/**
 * The meters of one pool, tenant and route: what a request counts on its way. Get it once per request from
 * {@link Meters#lane}; calls neither lock nor allocate once a combination of labels has been seen. Durations in ns.
 */
public interface Lane {
    /**
     * A client's request has ended.
     *
     * @param status what the client was sent; 499 when it left before
     * @param reason {@code ok}, an error code of the gateway, or {@code cancelled}
     */
    void ended(int status, String reason, long nanos);

    /** The first token reached the client. */
    void firstToken(long nanos);

    /** Mean time per output token after the first, of one request. */
    void perToken(long nanos);

    /** Tokens of one request by the engine's own count; negative is unknown and counts nothing. */
    void tokens(String model, long prompt, long cached, long generated);

    /** Prompt tokens that were predicted to be cached, and those that the engine found; negative is unknown. */
    void prefix(long predicted, long hit);

    /** Time that a request waited for a place. */
    void queued(long nanos);
}
