package dev.sluice.gateway.stream;

/** Which protocol an answer speaks: what its events are called and what its usage looks like. */
public enum Dialect {
    /** {@code /v1/chat/completions}: unnamed events, {@code data: [DONE]} ends the stream. */
    OPENAI_CHAT,
    /** {@code /v1/completions}: framed as the chat. */
    OPENAI_COMPLETIONS,
    /** {@code /v1/responses}: named events, {@code response.completed} or {@code response.incomplete} ends the stream. */
    RESPONSES,
    /** {@code /v1/messages}: named events, {@code message_stop} ends the stream. */
    ANTHROPIC,
    /** {@code /inference/v1/generate}: tokens in and out, framed as the chat. */
    GENERATE,
    /** Everything else: passed on unseen, complete when its HTTP framing is. */
    OTHER;

    /** Whether events carry {@code choices} and the stream ends with {@code [DONE]}. */
    boolean choices() {
        return this == OPENAI_CHAT || this == OPENAI_COMPLETIONS || this == GENERATE;
    }
}
