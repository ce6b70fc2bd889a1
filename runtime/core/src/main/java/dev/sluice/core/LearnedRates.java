package dev.sluice.core;

import dev.sluice.core.LinearFit.Line;
import dev.sluice.core.LinearFit.Sample;
import org.jspecify.annotations.Nullable;

/**
 * What one endpoint's answers say about its speed. Nothing here reads the engine's metrics: an engine that is slow and
 * reports nothing unusual is found out by its answers alone.
 *
 * <p>Prefill. An engine computes prompts one after the other, or several in one step, so the time between two first tokens
 * of an endpoint, while it had prompts to compute, is the time that the second prompt's uncached tokens took. Samples
 * are (tokens, time since the later of dispatch and the previous first token); first tokens that come within {@link
 * #SAME_STEP_NS} of each other came out of one step and are one sample, amended with each of them. Tokens are those that
 * were predicted to be uncached; when the engine later reports otherwise, the sample is amended, or else a cache that
 * holds less than believed would look like a slow engine. A request that gave up before its first token tells something
 * too, but only upwards: so much time was not enough.
 *
 * <p>Decode. At its end a stream gives (mean streams beside it, time per token); a line through those gives the time of
 * a lone stream and its growth with the batch. The time that prompts took meanwhile, by the learned rate, is taken off: it is
 * charged to those prompts as interference, and must not count twice.
 *
 * <p>One line for the fleet, one factor per endpoint. The lines are fitted to the samples of all endpoints, whose loads differ
 * enough to tell a fixed part from a rate; an endpoint has its factor on each line: its times over what the line says of
 * the same samples. A line per endpoint would fit the noise of a few samples, and the policy would chase it. So the first
 * answer of a pool tells how fast such engines are, and an unknown sibling is neither shunned nor preferred. Factors fade
 * back to 1 without samples, with a half-life of {@link #FORGET_NS} or of {@link #FORGET_SAMPLES} samples elsewhere, whichever is
 * longer: an endpoint that lost its traffic because it was slow is tried again, and not all the time in a pool that has
 * little to do. Fading is computed when a figure is read; reading changes nothing.
 */
final class LearnedRates {
    static final long SAME_STEP_NS = 2_000_000;
    static final long FORGET_NS = 10_000_000_000L;
    static final double FORGET_SAMPLES = 50;
    private static final double FORGET_STEP_NS = 1e9;
    /** A sample counts at most so many times what was expected, so that one stall does not make an engine slow for good. */
    private static final double OUTLIER = 10;

    private final PoolSettings.Priors priors;
    private final @Nullable LearnedRates fleet;
    private final LinearFit prefill;
    private final LinearFit decode;
    /** Of the fleet only, whose lines do not fade: computed when first read. */
    private @Nullable Line sharedPrefill;

    private @Nullable Line sharedDecode;
    private @Nullable Step step;
    private long lastFirstToken = Long.MIN_VALUE;
    private long lastSample = Long.MIN_VALUE;
    /** Of the fleet: samples of all endpoints. Of an endpoint: how many there were when it had its last one. */
    private long count;

    private long fleetCount;

    /** First tokens that came out of one engine step. */
    static final class Step {
        private final long start;
        private final Sample own;
        private final @Nullable Sample shared;

        private Step(long start, Sample own, @Nullable Sample shared) {
            this.start = start;
            this.own = own;
            this.shared = shared;
        }
    }

    private LearnedRates(PoolSettings.Priors priors, @Nullable LearnedRates fleet, double memory, double trust) {
        this.priors = priors;
        this.fleet = fleet;
        this.prefill = new LinearFit(memory, trust, 2000);
        this.decode = new LinearFit(memory, trust, 16);
    }

    /** What all endpoints of a pool have in common. */
    static LearnedRates fleet(PoolSettings.Priors priors) {
        return new LearnedRates(priors, null, 96, 1);
    }

    /** One endpoint of this fleet. */
    LearnedRates endpoint() {
        return new LearnedRates(priors, this, 24, 2);
    }

    /** A first token came for a request sent at {@code dispatched} that was predicted to need {@code tokens} computed. */
    Step firstToken(long dispatched, int tokens, long now) {
        forget(now);
        Step same = step;
        long previous = lastFirstToken;
        lastFirstToken = now;
        lastSample = now;
        if (same != null && now - previous <= SAME_STEP_NS) {
            amend(same, same.own.x() + tokens, bounded(same.own.x() + tokens, (now - same.start) / 1e6, now));
            return same;
        }
        long start = Math.max(dispatched, previous);
        step = open(start, tokens, bounded(tokens, (now - start) / 1e6, now));
        return step;
    }

    private Step open(long start, double tokens, double ms) {
        Sample own = prefill.add(tokens, ms);
        if (fleet == null) {
            return new Step(start, own, null);
        }
        fleet.sharedPrefill = null;
        return new Step(start, own, fleet.prefill.add(tokens, ms));
    }

    private void amend(Step s, double tokens, double ms) {
        prefill.amend(s.own, tokens, ms);
        if (fleet != null && s.shared != null) {
            fleet.prefill.amend(s.shared, tokens, ms);
            fleet.sharedPrefill = null;
        }
    }

    private double bounded(double tokens, double ms, long now) {
        return Math.min(ms, OUTLIER * Math.max(1, prefillLine(now).at(tokens)));
    }

    /** The engine said that a prompt of that step needed so many tokens more, or fewer, than predicted. */
    void correct(Step s, int more) {
        amend(s, Math.max(1, s.own.x() + more), s.own.y());
    }

    /** A whole answer came, of which {@code ms} are taken to be the prefill of its tokens and of those ahead of it. */
    void wholeAnswer(double tokens, double ms, long now) {
        forget(now);
        open(now, tokens, bounded(tokens, ms, now));
        lastSample = now;
    }

    /** A request ended before its first token, while prompts of {@code tokens} in total waited there. */
    void gaveUp(long dispatched, double tokens, long now) {
        long start = Math.max(dispatched, lastFirstToken);
        double ms = (now - start) / 1e6;
        if (ms > prefillLine(now).at(tokens)) {
            forget(now);
            open(start, tokens, bounded(tokens, ms, now));
            lastSample = now;
        }
    }

    /** A stream ended: {@code tokens} came after the first one in {@code nanos} of decoding, beside {@code others} streams. */
    void streamEnded(int tokens, long nanos, double others, long now) {
        if (tokens < 4 || nanos <= 0) {
            return;
        }
        forget(now);
        double ms = Math.min(nanos / 1e6 / tokens, OUTLIER * Math.max(0.1, decodeLine(now).at(others)));
        decode.add(others, ms);
        if (fleet != null) {
            fleet.decode.add(others, ms);
            fleet.sharedDecode = null;
        }
        lastSample = now;
    }

    private void forget(long now) {
        double keep = keep(now);
        if (fleet != null) {
            fleet.count++;
            fleetCount = fleet.count;
        }
        if (keep < 1) {
            prefill.relax(keep);
            decode.relax(keep);
            lastSample = now;
        }
    }

    private double keep(long now) {
        double idle = lastSample == Long.MIN_VALUE ? 0 : (double) (now - lastSample);
        if (fleet == null || idle <= FORGET_STEP_NS) {
            return 1;
        }
        return Math.pow(0.5, Math.min(idle / FORGET_NS, (fleet.count - fleetCount) / FORGET_SAMPLES));
    }

    private Line prefillLine(long now) {
        if (fleet != null) {
            return scaled(fleet.prefillLine(now), prefill, keep(now));
        }
        if (sharedPrefill == null) {
            double perToken = 1000 / priors.prefillRate();
            Line line = prefill.line(new Line(priors.overheadMs(), perToken));
            sharedPrefill = new Line(Math.clamp(line.intercept(), 0, 60_000), Math.clamp(line.slope(), perToken / 50, perToken * 2000));
        }
        return sharedPrefill;
    }

    private static Line scaled(Line line, LinearFit samples, double keep) {
        double ratio = Math.pow(samples.ratio(line), keep);
        return new Line(line.intercept() * ratio, line.slope() * ratio);
    }

    private Line decodeLine(long now) {
        if (fleet != null) {
            return scaled(fleet.decodeLine(now), decode, keep(now));
        }
        if (sharedDecode == null) {
            Line line = decode.line(new Line(priors.tokenMs(), priors.tokenSlopeMs()));
            sharedDecode = new Line(Math.clamp(line.intercept(), 0.01, 10_000), Math.clamp(line.slope(), 0, 1000));
        }
        return sharedDecode;
    }

    /** The figures as they are now. */
    Figures at(long now) {
        double perToken = 1000 / priors.prefillRate();
        Line prompts = prefillLine(now);
        Line tokens = decodeLine(now);
        return new Figures(
                1000 / Math.clamp(prompts.slope(), perToken / 50, perToken * 2000),
                Math.clamp(prompts.intercept(), 0, 60_000),
                Math.clamp(tokens.intercept(), 0.01, 10_000),
                Math.clamp(tokens.slope(), 0, 1_000));
    }

    /**
     * How fast an endpoint is.
     *
     * @param prefillRate prompt tokens per second
     * @param overheadMs fixed time before a prefill, ms
     * @param tokenMs time per token of a lone stream, ms
     * @param tokenSlopeMs growth of that time per further stream, ms
     */
    record Figures(double prefillRate, double overheadMs, double tokenMs, double tokenSlopeMs) {}

    /** When the last first token came; {@link Long#MIN_VALUE} before any. */
    long lastFirstToken() {
        return lastFirstToken;
    }
}
