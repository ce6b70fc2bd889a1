package dev.sluice.core.scan;

/** The fields of a body whose place is kept and can be asked for. */
public enum Field {
    MODEL,
    STREAM,
    STREAM_OPTIONS,
    INCLUDE_USAGE,
    CONTINUOUS_USAGE,
    MAX_TOKENS,
    MAX_COMPLETION_TOKENS,
    MAX_OUTPUT_TOKENS,
    SAMPLING_MAX_TOKENS,
    N,
    SAMPLING_N,
    PREVIOUS_RESPONSE_ID,
    /** Text that the client sent as {@code cache_salt}; taken from the body. */
    CACHE_SALT,
    /** {@code request_id} of the client; taken from the body. */
    REQUEST_ID,
    /** {@code priority} of the client; taken from the body unless allowed. */
    PRIORITY,
    KV_TRANSFER_PARAMS,
    EC_TRANSFER_PARAMS,
    VLLM_XARGS,
    SAMPLING_PARAMS,
    EXTRA_ARGS;

    /** Where a pass keeps the field. */
    @SuppressWarnings("EnumOrdinal")
    int index() {
        return ordinal();
    }
}
