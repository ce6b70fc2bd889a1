package dev.sluice.core;

/**
 * What one request asks of an endpoint.
 *
 * @param promptTokens all prompt tokens, at least 1
 * @param cachedTokens how many of them the endpoint is predicted to hold
 * @param outputTokens expected output tokens, at least 1
 * @param observed whether its first token will be seen as it comes, as with a stream; if not, its prefill is taken to end
 *     when the learned rate says so
 * @param share which part of the request this endpoint has
 */
public record Work(int promptTokens, int cachedTokens, int outputTokens, boolean observed, Share share) {
    /** Which part of a request an endpoint has. */
    public enum Share {
        /** All of it. */
        WHOLE,
        /** Computes the prompt for another. Its answer is seen as it comes. */
        PREFILL,
        /** Generates from what another computed: only the last token of the prompt is left to do. */
        DECODE
    }

    /** Puts the values into range: the last prompt token is always computed. */
    public Work {
        promptTokens = Math.max(1, promptTokens);
        cachedTokens = Math.clamp(cachedTokens, 0, promptTokens - 1);
        outputTokens = Math.max(1, outputTokens);
    }

    /** All of a request. */
    public Work(int promptTokens, int cachedTokens, int outputTokens, boolean observed) {
        this(promptTokens, cachedTokens, outputTokens, observed, Share.WHOLE);
    }

    /** Work of a request that streams. */
    public Work(int promptTokens, int cachedTokens, int outputTokens) {
        this(promptTokens, cachedTokens, outputTokens, true);
    }

    /** The part of an endpoint that computes the prompt for another. */
    public static Work prefill(int promptTokens, int cachedTokens) {
        return new Work(promptTokens, cachedTokens, 1, true, Share.PREFILL);
    }

    /**
     * The part of an endpoint that generates.
     *
     * @param observed whether its first token will be seen
     */
    public static Work decode(int promptTokens, int outputTokens, boolean observed) {
        return new Work(promptTokens, promptTokens, outputTokens, observed, Share.DECODE);
    }

    /** Prompt tokens that must be computed. */
    public int uncachedTokens() {
        return promptTokens - cachedTokens;
    }
}
