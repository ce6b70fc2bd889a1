package dev.sluice.core;

import dev.sluice.core.LinearFit.Line;
import dev.sluice.core.LinearFit.Sample;
import dev.sluice.spi.Signal;
import org.jspecify.annotations.Nullable;

/**
 * What one endpoint's answers say about its speed. Nothing here reads the engine's metrics: an engine that is slow and
 * reports nothing unusual is found out by its answers alone.
 *
 * <p>Prefill. An engine computes prompts one after the other, or several in one step, so the time between two first tokens
 * of an endpoint, while it had prompts to compute, is the time that the second prompt's uncached tokens took. Samples
 * are (tokens, time since the later of dispatch and the previous first token); first tokens that come within {@link
 * #SAME_STEP_NS} of each other came out of one step and are one sample. How many tokens were really computed is known when
 * the engine reports its usage, at the end; predictions err on both sides, and a cache that holds more than believed would
 * look like a fast engine. So a sample is taken when its request ends, with what was reported, and only bad news is taken
 * at once and amended later. A request that gave up before its first token tells something too, but only upwards: so much
 * time was not enough.
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
    /** Engines that differ by less, as a logarithm, are alike; differences count from here on. */
    private static final double ALIKE = 0.1;
    /** From this many times the expected time on, a first token is news before its request has ended. */
    private static final double SLOW = 1.2;

    private final PoolSettings.Priors priors;
    private final @Nullable LearnedRates fleet;
    private final LinearFit prefill;
    private final LinearFit decode;
    /** Of the fleet only, whose lines do not fade: computed when first read. */
    private @Nullable Line sharedPrefill;

    private @Nullable Line sharedDecode;
    /** Of an endpoint only. */
    private final Scaled ownPrefill = new Scaled();

    private final Scaled ownDecode = new Scaled();
    private @Nullable Figures figures;
    private Line figuresPrefill = Scaled.NONE;
    private Line figuresDecode = Scaled.NONE;
    private @Nullable Step step;
    private long lastFirstToken = Long.MIN_VALUE;
    private long lastSample = Long.MIN_VALUE;
    /** Of the fleet: samples of all endpoints. Of an endpoint: how many there were when it had its last one. */
    private long count;

    private long fleetCount;

    /** First tokens that came out of one engine step. */
    static final class Step {
        private final long start;
        private double tokens;
        private double ms;
        private @Nullable Sample own;
        private @Nullable Sample shared;

        private Step(long start, double tokens, double ms) {
            this.start = start;
            this.tokens = tokens;
            this.ms = ms;
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
        long previous = lastFirstToken;
        lastFirstToken = now;
        Step current = step;
        if (current != null && now - previous <= SAME_STEP_NS) {
            current.tokens += tokens;
            current.ms = (now - current.start) / 1e6;
        } else {
            long start = Math.max(dispatched, previous);
            current = new Step(start, tokens, (now - start) / 1e6);
            step = current;
        }
        boolean badNews = current.ms > SLOW * prefillLine(now).at(current.tokens);
        note(current, badNews, false, now);
        return current;
    }

    /** A first token came that says nothing of the rate: the next one's time counts from here. */
    void sawFirstToken(long now) {
        lastFirstToken = now;
        step = null;
    }

    /** One of the requests of that step ended; the engine said that it needed so many tokens more, or fewer, than predicted. */
    void settled(Step s, int more, long now) {
        s.tokens = Math.max(1, s.tokens + more);
        note(s, true, true, now);
    }

    private void note(Step s, boolean here, boolean everywhere, long now) {
        forget(now);
        double ms = bounded(s.tokens, s.ms, now);
        if (s.own != null) {
            prefill.amend(s.own, s.tokens, ms);
        } else if (here) {
            s.own = prefill.add(s.tokens, ms);
        }
        if (fleet != null && s.shared != null) {
            fleet.prefill.amend(s.shared, s.tokens, ms);
            fleet.sharedPrefill = null;
        } else if (fleet != null && everywhere) {
            s.shared = fleet.prefill.add(s.tokens, ms);
            fleet.sharedPrefill = null;
        }
    }

    private double bounded(double tokens, double ms, long now) {
        return Math.min(ms, OUTLIER * Math.max(1, prefillLine(now).at(tokens)));
    }

    /** A whole answer came, of which {@code ms} are taken to be the prefill of its tokens and of those ahead of it. */
    void wholeAnswer(double tokens, double ms, long now) {
        note(new Step(now, tokens, ms), true, true, now);
    }

    /** A request ended before its first token, while prompts of {@code tokens} in total waited there. */
    void gaveUp(long dispatched, double tokens, long now) {
        double ms = (now - Math.max(dispatched, lastFirstToken)) / 1e6;
        if (ms > SLOW * prefillLine(now).at(tokens)) {
            note(new Step(now, tokens, ms), true, false, now);
        }
    }

    /** A stream ended: {@code tokens} came after the first one in {@code nanos} of decoding, beside {@code others} streams. */
    void streamEnded(int tokens, long nanos, double others, long now) {
        if (tokens < 4 || nanos <= 0) {
            return;
        }
        forget(now);
        double ms = Math.min(
                nanos / 1e6 / tokens, OUTLIER * Math.max(0.1, decodeLine(now).at(others)));
        decode.add(others, ms);
        if (fleet != null) {
            fleet.decode.add(others, ms);
            fleet.sharedDecode = null;
        }
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
        }
        lastSample = now;
    }

    private double keep(long now) {
        double idle = lastSample == Long.MIN_VALUE ? 0 : (double) (now - lastSample);
        if (fleet == null || idle <= FORGET_STEP_NS) {
            return 1;
        }
        return StrictMath.pow(0.5, Math.min(idle / FORGET_NS, (fleet.count - fleetCount) / FORGET_SAMPLES));
    }

    private Line prefillLine(long now) {
        if (fleet != null) {
            return ownPrefill.of(fleet.prefillLine(now), prefill, keep(now));
        }
        if (sharedPrefill == null) {
            double perToken = 1000 / priors.prefillRate();
            Line line = prefill.line(new Line(priors.overheadMs(), perToken));
            sharedPrefill = new Line(
                    Math.clamp(line.intercept(), 0, 60_000), Math.clamp(line.slope(), perToken / 50, perToken * 2000));
        }
        return sharedPrefill;
    }

    /** An endpoint's line: the fleet's times its factor. Kept, as it takes a logarithm and an exponential and every snapshot asks. */
    private static final class Scaled {
        private static final Line NONE = new Line(0, 0);

        private Line from = NONE;
        private long changes = -1;
        private double kept;
        private Line line = NONE;

        Line of(Line fleet, LinearFit samples, double keep) {
            if (!fleet.equals(from) || samples.changes() != changes || keep != kept) {
                double log = StrictMath.log(samples.ratio(fleet)) * keep;
                double ratio = StrictMath.exp(Math.copySign(Math.max(0, Math.abs(log) - ALIKE), log));
                line = new Line(fleet.intercept() * ratio, fleet.slope() * ratio);
                from = fleet;
                changes = samples.changes();
                kept = keep;
            }
            return line;
        }
    }

    private Line decodeLine(long now) {
        if (fleet != null) {
            return ownDecode.of(fleet.decodeLine(now), decode, keep(now));
        }
        if (sharedDecode == null) {
            Line line = decode.line(new Line(priors.tokenMs(), priors.tokenSlopeMs()));
            sharedDecode = new Line(Math.clamp(line.intercept(), 0.01, 10_000), Math.clamp(line.slope(), 0, 1000));
        }
        return sharedDecode;
    }

    /** The figures as they are now. */
    Figures at(long now) {
        Line prompts = prefillLine(now);
        Line tokens = decodeLine(now);
        Figures known = figures;
        if (known != null && prompts.equals(figuresPrefill) && tokens.equals(figuresDecode)) {
            return known;
        }
        double perToken = 1000 / priors.prefillRate();
        Figures made = new Figures(
                1000 / Math.clamp(prompts.slope(), perToken / 50, perToken * 2000),
                Math.clamp(prompts.intercept(), 0, 60_000),
                Math.clamp(tokens.intercept(), 0.01, 10_000),
                Math.clamp(tokens.slope(), 0, 1_000));
        figuresPrefill = prompts;
        figuresDecode = tokens;
        figures = made;
        return made;
    }

    /**
     * How fast an endpoint is.
     *
     * @param prefillRate prompt tokens per second
     * @param overheadMs fixed time before a prefill, ms
     * @param tokenMs time per token of a lone stream, ms
     * @param tokenSlopeMs growth of that time per further stream, ms
     */
    record Figures(double prefillRate, double overheadMs, double tokenMs, double tokenSlopeMs) {
        /** The same with one of them changed, where the signal is one of them. */
        Figures with(Signal signal, double value) {
            return switch (signal) {
                case PREFILL_RATE -> new Figures(value, overheadMs, tokenMs, tokenSlopeMs);
                case OVERHEAD_MS -> new Figures(prefillRate, value, tokenMs, tokenSlopeMs);
                case TOKEN_TIME_MS -> new Figures(prefillRate, overheadMs, value, tokenSlopeMs);
                case TOKEN_TIME_SLOPE_MS -> new Figures(prefillRate, overheadMs, tokenMs, value);
                default -> this;
            };
        }
    }

    /** When the last first token came; {@link Long#MIN_VALUE} before any. */
    long lastFirstToken() {
        return lastFirstToken;
    }
}
