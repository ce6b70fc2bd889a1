package dev.sluice.spi;

import java.util.Locale;

/** Per-candidate numbers that the gateway itself knows. Unknown is NaN, never 0. */
public enum Signal {
    /** Requests waiting in the engine, from its metrics. */
    WAITING,
    /** Requests running in the engine, from its metrics. */
    RUNNING,
    /** Share of the KV cache in use, 0..1, from its metrics. */
    KV_USAGE,
    /** Tokens per KV block. */
    BLOCK_SIZE,
    /** KV blocks in total, from the engine's metrics. */
    KV_BLOCKS,
    /** Requests that this gateway has charged to the endpoint and not yet released. Always known. */
    IN_FLIGHT_REQUESTS,
    /** Uncached prompt tokens charged to the endpoint whose prefill has not been seen to end. Always known. */
    PENDING_PREFILL_TOKENS,
    /** In-flight tokens as llm-d counts them: uncached prompt tokens of all requests charged and without a first byte. */
    IN_FLIGHT_TOKENS,
    /** Streams that are past their first token. Always known. */
    DECODING_REQUESTS,
    /** Context tokens held by those streams. Always known. */
    DECODING_TOKENS,
    /** Prompt tokens of this request that the endpoint is predicted to hold. A missing match is a known 0. */
    CACHED_TOKENS,
    /** Prompt tokens of this request, estimated when the request has no token ids. Same for all candidates. */
    PROMPT_TOKENS,
    /** Learned prefill rate in tokens per second. Always known: starts at a prior. */
    PREFILL_RATE,
    /** Learned time per output token of one more stream on the endpoint, in milliseconds. Always known. */
    TOKEN_TIME_MS,
    /** Learned growth of that time per further stream, in milliseconds. Always known. */
    TOKEN_TIME_SLOPE_MS,
    /** Learned fixed time of a request before its prefill, in milliseconds. Always known. */
    OVERHEAD_MS,
    /** Expected output tokens of this request. Same for all candidates. */
    OUTPUT_TOKENS,
    /** 1 when the endpoint served this request's session last, else 0; NaN without a session. */
    SESSION,
    /** Share of its fair load an endpoint may take while it warms up, 0..1; 1 in normal service. */
    SLOW_START,
    /** Share of the endpoint's prefix cache, as large as it was learned to be, that is taken, 0..1; NaN when unknown. */
    CACHE_FILL,
    /** 1 when the adapter that the request names is loaded and in use there, else 0; NaN when the engine names none. */
    ADAPTER_RUNNING,
    /** 1 when requests for the adapter wait there for it to be loaded, else 0; NaN when the engine names none. */
    ADAPTER_WAITING,
    /** Adapters in use and waited for; NaN when the engine names none. */
    ADAPTERS,
    /** Adapters that fit in at once; NaN when the engine does not say. */
    MAX_ADAPTERS,
    /**
     * Prompt tokens of this request beyond {@link #CACHED_TOKENS} that the endpoint would fetch from another one that holds
     * them; 0 when computing them is predicted to be sooner, or they can't be fetched. Always known.
     */
    PULLED_TOKENS,
    /** Predicted time to fetch those, in milliseconds; 0 when nothing is fetched. Always known. */
    PULL_MS;

    /** Name of the attribute by which an {@link Extractor} sets a signal that comes from metrics: {@code signal/waiting}. */
    public String attribute() {
        return "signal/" + name().toLowerCase(Locale.ROOT);
    }
}
