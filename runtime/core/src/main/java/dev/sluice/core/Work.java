package dev.sluice.core;

/**
 * What one request asks of an endpoint.
 *
 * @param promptTokens all prompt tokens, at least 1
 * @param cachedTokens how many of them the endpoint is predicted to hold
 * @param outputTokens expected output tokens, at least 1
 * @param observed whether its first token will be seen as it comes, as with a stream; if not, its prefill is taken to end
 *     when the learned rate says so
 */
public record Work(int promptTokens, int cachedTokens, int outputTokens, boolean observed) {
    /** Puts the values into range: the last prompt token is always computed. */
    public Work {
        promptTokens = Math.max(1, promptTokens);
        cachedTokens = Math.clamp(cachedTokens, 0, promptTokens - 1);
        outputTokens = Math.max(1, outputTokens);
    }

    /** Work of a request that streams. */
    public Work(int promptTokens, int cachedTokens, int outputTokens) {
        this(promptTokens, cachedTokens, outputTokens, true);
    }

    /** Prompt tokens that must be computed. */
    public int uncachedTokens() {
        return promptTokens - cachedTokens;
    }
}
