package dev.sluice.core.peers;

/**
 * What gateways have in flight at one endpoint: one of them, or all others together.
 *
 * @param requests in flight
 * @param pendingTokens uncached prompt tokens that still have to be computed
 * @param promptTokens uncached prompt tokens of all requests without a first token
 * @param decoding requests that have had their first token
 * @param decodingTokens tokens that these hold in the KV cache
 */
public record PeerLoad(int requests, long pendingTokens, long promptTokens, int decoding, long decodingTokens) {
    /** Nothing. */
    public static final PeerLoad NONE = new PeerLoad(0, 0, 0, 0, 0);

    /** Largest number of requests that is believed. */
    public static final int MOST_REQUESTS = 1_000_000;
    /** Largest number of tokens that is believed. */
    public static final long MOST_TOKENS = 1_000_000_000_000L;

    /** Refuses what can't be. */
    public PeerLoad {
        if (Math.min(requests, decoding) < 0
                || Math.max(requests, decoding) > MOST_REQUESTS
                || Math.min(Math.min(pendingTokens, promptTokens), decodingTokens) < 0
                || Math.max(Math.max(pendingTokens, promptTokens), decodingTokens) > MOST_TOKENS) {
            throw new IllegalArgumentException("no load of a gateway");
        }
    }

    /** As near to these as a load may be. */
    public static PeerLoad clamped(
            long requests, double pendingTokens, double promptTokens, long decoding, double decodingTokens) {
        return new PeerLoad(
                Math.clamp(requests, 0, MOST_REQUESTS),
                (long) Math.clamp(pendingTokens, 0, MOST_TOKENS),
                (long) Math.clamp(promptTokens, 0, MOST_TOKENS),
                Math.clamp(decoding, 0, MOST_REQUESTS),
                (long) Math.clamp(decodingTokens, 0, MOST_TOKENS));
    }

    /** Both together. */
    public PeerLoad plus(PeerLoad other) {
        return equals(NONE)
                ? other
                : clamped(
                        (long) requests + other.requests,
                        (double) pendingTokens + other.pendingTokens,
                        (double) promptTokens + other.promptTokens,
                        (long) decoding + other.decoding,
                        (double) decodingTokens + other.decodingTokens);
    }
}
