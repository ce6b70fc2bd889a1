package dev.sluice.core;

/** What answers teach: rates, lengths of answers, tokens per byte, how far caches keep what the index promises. */
final class Lessons {
    private final OutputEstimate output;
    private final TokenRatio ratio;

    Lessons(OutputEstimate output, TokenRatio ratio) {
        this.output = output;
        this.ratio = ratio;
    }

    /**
     * An answer is complete.
     *
     * @param decoded its first token was seen
     * @param blockSize tokens per KV block when the engine does not say
     */
    void learn(Charge charge, Usage usage, int maxTokens, int promptBytes, boolean decoded, int blockSize, long now) {
        EndpointState state = charge.state;
        if (decoded) {
            int tokens = Math.max(charge.tokens, usage.outputTokens()) - 1;
            double others = (charge.othersAtStart + (double) state.decoding) / 2;
            double prompts = Math.max(0, state.prefilledTokens - charge.prefilledAtStart);
            double stoodStill = prompts / state.rates.at(now).prefillRate() * 1e9;
            double nanos = (double) (now - charge.firstTokenAt);
            state.rates.streamEnded(tokens, (long) Math.max(nanos / 4, nanos - stoodStill), others, now);
        } else if (usage.outputTokens() > 0) {
            learnFromWholeAnswer(charge, usage, now);
        }
        output.settled(maxTokens, usage.outputTokens());
        ratio.observe(promptBytes, usage.promptTokens());
        if (usage.cachedTokens() >= 0) {
            int block = (int) (Double.isNaN(state.scrape.blockSize()) ? blockSize : state.scrape.blockSize());
            state.trust.observe(charge.predictedRaw, usage.cachedTokens(), state.indexedTokens, block);
        }
    }

    /** A whole answer has no first token of its own: its time is split in the proportion that is expected. */
    private static void learnFromWholeAnswer(Charge charge, Usage usage, long now) {
        EndpointState state = charge.state;
        double batch = state.inFlight;
        int uncached = charge.work.uncachedTokens();
        if (usage.cachedTokens() >= 0 && usage.promptTokens() > 0) {
            uncached = Math.max(1, usage.promptTokens() - usage.cachedTokens());
        }
        LearnedRates.Figures speed = state.rates.at(now);
        double decodeMs = (usage.outputTokens() - 1) * (speed.tokenMs() + speed.tokenSlopeMs() * batch);
        double tokens = charge.ahead + uncached;
        double prefillMs = tokens / speed.prefillRate() * 1000 + speed.overheadMs();
        double factor = (now - charge.at) / 1e6 / Math.max(1e-3, decodeMs + prefillMs);
        long firstToken = Math.min(now, charge.at + (long) (prefillMs * factor * 1e6));
        state.rates.wholeAnswer(tokens, (firstToken - charge.at) / 1e6, now);
        state.rates.streamEnded(usage.outputTokens() - 1, now - firstToken, batch, now);
    }
}
