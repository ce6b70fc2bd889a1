package dev.sluice.core;

/** What the claims of a pool teach when they end: rates, links, lengths of answers, tokens per byte, trust in the index. */
final class Lessons {
    private final OutputEstimate output;
    private final TokenRatio ratio;
    private final Links links;
    private final Links pulls;

    Lessons(OutputEstimate output, TokenRatio ratio, Links links, Links pulls) {
        this.output = output;
        this.ratio = ratio;
        this.links = links;
        this.pulls = pulls;
    }

    /** What the first token of a request took beyond what it takes where the prompt is cached was the move of its KV. */
    void firstTokenOfMoved(Charge charge, long now) {
        EndpointState from = charge.source;
        if (from == null || charge.handedAt == 0) {
            return;
        }
        EndpointState to = charge.state;
        LearnedRates.Figures speed = to.rates.at(now);
        double anyway = speed.overheadMs() + speed.tokenMs() + speed.tokenSlopeMs() * to.decodingOfAll();
        links.moved(from, to, charge.moved, (now - charge.handedAt) / 1e6 - anyway, now);
    }

    /**
     * What the first token took beyond the wait, and beyond computing what was not fetched, was the fetch. An engine does not say
     * whether it found what it was to fetch; when it did not, it computed it, so a fetch is never believed to have taken longer
     * than that, and one that took as long is none; the first of a pair, which may have had to shake hands, is then not counted. What stood before it in the queue is known less well than the fetch is
     * short, so only those teach that had little before them.
     */
    void firstTokenOfFetched(Charge charge, Charge.Fetch fetch, long now) {
        EndpointState to = charge.state;
        LearnedRates.Figures speed = to.rates.at(now);
        to.rates.sawFirstToken(now);
        double perMs = speed.prefillRate() / 1000;
        double compute = fetch.tokens / perMs;
        double waited = charge.ahead / perMs;
        double anyway = speed.overheadMs() + waited + charge.work.uncachedTokens() / perMs;
        double took = (now - charge.at) / 1e6 - anyway;
        if (waited <= compute) {
            fetched(charge, fetch, took, compute, now);
        } else {
            fetch.how = took < compute ? Charge.Fetched.SOONER : Charge.Fetched.NO_SOONER;
        }
    }

    /**
     * An answer came in full.
     *
     * @param decoded its first token was seen
     * @param blockSize tokens per KV block when the engine does not say
     */
    void completed(
            Charge charge, Usage usage, int maxTokens, int promptBytes, boolean decoded, int blockSize, long now) {
        EndpointState state = charge.state;
        Work.Share share = charge.work.share();
        if (decoded) {
            stream(charge, usage, now);
        } else if (usage.outputTokens() > 0 && share == Work.Share.DECODE) {
            wholeOfMoved(charge, usage, now);
        } else if (usage.outputTokens() > 0 && charge.fetch != null) {
            wholeOfFetched(charge, charge.fetch, usage, now);
        } else if (usage.outputTokens() > 0) {
            whole(charge, usage, now);
        }
        if (share != Work.Share.PREFILL) {
            output.settled(maxTokens, usage.outputTokens());
        }
        if (share != Work.Share.DECODE) {
            ratio.observe(promptBytes, usage.promptTokens());
        }
        if (usage.cachedTokens() >= 0) {
            int block = (int) (Double.isNaN(state.scrape.blockSize()) ? blockSize : state.scrape.blockSize());
            // Some engines count what was fetched as cached: only that something was missing can be believed.
            int cached = share == Work.Share.DECODE || charge.fetch != null
                    ? Math.min(charge.predictedRaw, usage.cachedTokens())
                    : usage.cachedTokens();
            state.trust.observe(charge.predictedRaw, cached, state.indexedTokens, block);
        }
    }

    private static void stream(Charge charge, Usage usage, long now) {
        EndpointState state = charge.state;
        int tokens = Math.max(charge.tokens, usage.outputTokens()) - 1;
        double others = (charge.othersAtStart + (double) state.decodingOfAll()) / 2;
        double prompts = Math.max(0, state.prefilledTokens - charge.prefilledAtStart);
        double stoodStill = prompts / state.rates.at(now).prefillRate() * 1e9;
        double nanos = (double) (now - charge.firstTokenAt);
        state.rates.streamEnded(tokens, (long) Math.max(nanos / 4, nanos - stoodStill), others, now);
    }

    /** A whole answer has no first token of its own: its time is split in the proportion that is expected. */
    private static void whole(Charge charge, Usage usage, long now) {
        EndpointState state = charge.state;
        double batch = state.inFlightOfAll();
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

    /** The same where a beginning of the prompt was fetched. */
    private void wholeOfFetched(Charge charge, Charge.Fetch fetch, Usage usage, long now) {
        EndpointState state = charge.state;
        EndpointState from = charge.source;
        if (from == null) {
            return;
        }
        LearnedRates.Figures speed = state.rates.at(now);
        double perMs = speed.prefillRate() / 1000;
        double batch = state.inFlightOfAll();
        double decodeMs = (usage.outputTokens() - 1) * (speed.tokenMs() + speed.tokenSlopeMs() * batch);
        double computeMs = speed.overheadMs() + (charge.ahead + charge.work.uncachedTokens()) / perMs;
        double fetchMs = pulls.expectedMs(from, state, fetch.tokens, now);
        double factor = (now - charge.at) / 1e6 / Math.max(1e-3, decodeMs + computeMs + fetchMs);
        double most = fetch.tokens / perMs;
        fetched(charge, fetch, fetchMs * factor, most, now);
        state.rates.streamEnded(usage.outputTokens() - 1, (long) (decodeMs * factor * 1e6), batch, now);
    }

    /** @param computeMs what computing it would have taken */
    private void fetched(Charge charge, Charge.Fetch fetch, double ms, double computeMs, long now) {
        boolean sooner = ms < computeMs;
        fetch.how = sooner ? Charge.Fetched.SOONER : Charge.Fetched.NO_SOONER;
        EndpointState from = charge.source;
        if (from != null) {
            boolean first = pulls.first(from, charge.state);
            if (sooner || !first) {
                pulls.moved(from, charge.state, fetch.tokens, Math.clamp(ms, 0, computeMs), now);
            }
        }
    }

    /** The same where the prompt was computed elsewhere. */
    private void wholeOfMoved(Charge charge, Usage usage, long now) {
        EndpointState state = charge.state;
        EndpointState from = charge.source;
        if (from == null || charge.handedAt == 0) {
            return;
        }
        LearnedRates.Figures speed = state.rates.at(now);
        double batch = state.inFlightOfAll();
        double decodeMs = (usage.outputTokens() - 1) * (speed.tokenMs() + speed.tokenSlopeMs() * batch);
        double moveMs = links.expectedMs(from, state, charge.moved, now) + speed.overheadMs();
        double factor = (now - charge.handedAt) / 1e6 / Math.max(1e-3, decodeMs + moveMs);
        links.moved(from, state, charge.moved, Math.max(0, moveMs * factor - speed.overheadMs()), now);
        state.rates.streamEnded(usage.outputTokens() - 1, (long) (decodeMs * factor * 1e6), batch, now);
    }
}
