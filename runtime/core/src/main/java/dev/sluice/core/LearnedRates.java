package dev.sluice.core;

/**
 * What one endpoint's answers say about its speed. Nothing here reads the engine's metrics: an engine that is slow and
 * reports nothing unusual is found out by its answers alone.
 *
 * <p>Prefill. An engine computes prompts one after the other, or several in one step, so the time between two first tokens
 * of an endpoint, while it had prompts to compute, is the time that the second prompt's uncached tokens took. Samples
 * are (tokens, time since the later of dispatch and the previous first token); first tokens that come within {@link
 * #SAME_STEP_NS} of each other came out of one step and are one sample. A line through the samples gives a fixed part and a
 * rate.
 *
 * <p>Decode. At its end a stream gives (mean streams beside it, time per token); a line through those gives the time of
 * a lone stream and its growth with the batch.
 *
 * <p>Both lines fade back to the prior with a half-life of {@link #FORGET_NS} without samples: an endpoint that lost its
 * traffic because it was slow is tried again.
 */
final class LearnedRates {
    static final long SAME_STEP_NS = 2_000_000;
    static final long FORGET_NS = 20_000_000_000L;
    private static final double FORGET_STEP_NS = 1e9;

    private final PoolSettings.Priors priors;
    private final LinearFit prefill;
    private final LinearFit decode;
    private long lastFirstToken = Long.MIN_VALUE;
    private long stepStart;
    private double stepTokens;
    private boolean stepOpen;
    private long lastSample = Long.MIN_VALUE;

    LearnedRates(PoolSettings.Priors priors) {
        this.priors = priors;
        this.prefill = new LinearFit(priors.overheadMs(), 1000 / priors.prefillRate(), 24, 1.0, 2000);
        this.decode = new LinearFit(priors.tokenMs(), priors.tokenSlopeMs(), 24, 1.0, 16);
    }

    /** A first token came for a request sent at {@code dispatched} that needed {@code tokens} computed. */
    void firstToken(long dispatched, int tokens, long now) {
        forget(now);
        if (stepOpen && now - lastFirstToken <= SAME_STEP_NS) {
            stepTokens += tokens;
        } else {
            closeStep();
            stepStart = lastFirstToken == Long.MIN_VALUE ? dispatched : Math.max(dispatched, lastFirstToken);
            stepTokens = tokens;
            stepOpen = true;
        }
        lastFirstToken = now;
        lastSample = now;
    }

    private void closeStep() {
        if (stepOpen) {
            prefill.add(stepTokens, (lastFirstToken - stepStart) / 1e6);
        }
        stepOpen = false;
    }

    /** A stream ended: {@code tokens} came after the first one in {@code nanos}, beside {@code others} streams. */
    void streamEnded(int tokens, long nanos, double others, long now) {
        if (tokens < 4 || nanos <= 0) {
            return;
        }
        forget(now);
        decode.add(others, nanos / 1e6 / tokens);
        lastSample = now;
    }

    private void forget(long now) {
        if (lastSample != Long.MIN_VALUE) {
            long idle = now - lastSample;
            if (idle > FORGET_STEP_NS) {
                double keep = Math.pow(0.5, idle / (double) FORGET_NS);
                prefill.relax(keep);
                decode.relax(keep);
                lastSample = now;
            }
        }
    }

    /** Brings the figures up to date before they are read. */
    void refresh(long now) {
        forget(now);
        if (stepOpen && now - lastFirstToken > SAME_STEP_NS) {
            closeStep();
        }
    }

    /** Prompt tokens per second. */
    double prefillRate() {
        double perToken = 1000 / priors.prefillRate();
        return 1000 / Math.clamp(prefill.slope(), perToken / 50, perToken * 200);
    }

    /** Fixed time before a prefill, ms. */
    double overheadMs() {
        return Math.clamp(prefill.intercept(), 0, 60_000);
    }

    /** Time per token of a lone stream, ms. */
    double tokenMs() {
        return Math.clamp(decode.intercept(), 0.01, 10_000);
    }

    /** Growth of that time per further stream, ms. */
    double tokenSlopeMs() {
        return Math.clamp(decode.slope(), 0, 1_000);
    }
}
