package dev.sluice.simulator;

/**
 * What one sequence will say, settled before it is submitted: the answer is a function of prompt, seed and limits, so only the
 * times at which its tokens come are the engine's.
 *
 * @param prompt token ids
 * @param limit the most tokens it was allowed
 * @param output token ids, the end-of-sequence token included when it ends by itself
 * @param text all that the client sees in the end
 * @param textEnd for each output token, the length of the visible text once it is there
 * @param reason how it ends, in the words of the completion API
 * @param stopReason JSON of {@code stop_reason}: {@code null}, a quoted stop string or a token id
 * @param holdBack characters that a stream keeps back while a stop string may still begin in them
 */
@SuppressWarnings("ArrayRecordComponent")
record Plan(
        int[] prompt,
        int limit,
        int[] output,
        String text,
        int[] textEnd,
        FinishReason reason,
        String stopReason,
        int holdBack) {

    /** How much text a stream shows after so many tokens. */
    int visible(int tokens, boolean ended) {
        if (tokens == 0) {
            return 0;
        }
        var there = textEnd[tokens - 1];
        return Math.clamp(ended ? there : there - holdBack, 0, text.length());
    }
}
