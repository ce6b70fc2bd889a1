package dev.sluice.core.scan;

import java.util.Optional;

/** The routes whose bodies are understood, one per body shape. */
public enum Api {
    CHAT("/v1/chat/completions"),
    COMPLETIONS("/v1/completions"),
    RESPONSES("/v1/responses"),
    MESSAGES("/v1/messages"),
    COUNT_TOKENS("/v1/messages/count_tokens"),
    EMBEDDINGS("/v1/embeddings"),
    RERANK("/v1/rerank"),
    SCORE("/v1/score"),
    POOLING("/pooling"),
    TOKENIZE("/tokenize"),
    DETOKENIZE("/detokenize"),
    GENERATE("/inference/v1/generate");

    private final String path;

    Api(String path) {
        this.path = path;
    }

    /** The request path, without a query. */
    public String path() {
        return path;
    }

    /** The API behind a path, compared exactly; empty when bodies of that path are not understood. */
    public static Optional<Api> of(String path) {
        for (Api api : values()) {
            if (api.path.equals(path)) {
                return Optional.of(api);
            }
        }
        return Optional.empty();
    }

    /** True where errors and streams have Anthropic's shape. */
    public boolean anthropic() {
        return this == MESSAGES || this == COUNT_TOKENS;
    }

    /** True where a stream reports usage only when {@code stream_options.include_usage} asks for it. */
    public boolean usageOnRequest() {
        return this == CHAT || this == COMPLETIONS || this == GENERATE;
    }

    /** True where an engine computes KV blocks for the prompt, and so where its prefix cache counts. */
    public boolean fillsCache() {
        return this != COUNT_TOKENS && this != TOKENIZE && this != DETOKENIZE;
    }
}
