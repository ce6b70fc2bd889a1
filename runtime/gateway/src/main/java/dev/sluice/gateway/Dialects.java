package dev.sluice.gateway;

import dev.sluice.core.scan.Api;
import dev.sluice.gateway.stream.Dialect;

/** Which protocol the answers of a route speak. */
final class Dialects {
    private Dialects() {}

    static Dialect of(Api api) {
        return switch (api) {
            case CHAT -> Dialect.OPENAI_CHAT;
            case COMPLETIONS -> Dialect.OPENAI_COMPLETIONS;
            case RESPONSES -> Dialect.RESPONSES;
            case MESSAGES, COUNT_TOKENS -> Dialect.ANTHROPIC;
            case GENERATE -> Dialect.GENERATE;
            case EMBEDDINGS, RERANK, SCORE, POOLING, TOKENIZE, DETOKENIZE -> Dialect.OTHER;
        };
    }
}
