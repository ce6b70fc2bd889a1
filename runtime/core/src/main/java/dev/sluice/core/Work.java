package dev.sluice.core;

/**
 * What one request asks of an endpoint.
 *
 * @param promptTokens all prompt tokens, at least 1
 * @param cachedTokens how many of them the endpoint is predicted to hold
 * @param outputTokens expected output tokens, at least 1
 */
public record Work(int promptTokens, int cachedTokens, int outputTokens) {
    /** Puts the values into range: the last prompt token is always computed. */
    public Work {
        promptTokens = Math.max(1, promptTokens);
        cachedTokens = Math.clamp(cachedTokens, 0, promptTokens - 1);
        outputTokens = Math.max(1, outputTokens);
    }

    /** Prompt tokens that must be computed. */
    public int uncachedTokens() {
        return promptTokens - cachedTokens;
    }
}
