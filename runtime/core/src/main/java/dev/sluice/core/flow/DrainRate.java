package dev.sluice.core.flow;

/**
 * How fast requests leave a queue in which somebody always waits, in predicted work per time: engine microseconds per nanosecond. Times in
 * which nobody waits say nothing, as work was short then, and times without an endpoint in service neither. Older
 * observations fade with a time constant of 5 s.
 */
final class DrainRate {
    private static final double FADE_NS = 5e9;
    /** It takes an exponential, so not at every step. */
    private static final double FADE_STEP_NS = 0.1e9;
    /** So much time must have been seen, and so many requests, before anything is said. */
    private static final double LEAST_NS = 0.5e9;

    private static final int LEAST_SEEN = 16;

    private double work;
    private double time;
    private double unfaded;
    private int seen;
    private long last = Long.MIN_VALUE;
    private boolean counting;

    /** From now on, whether somebody waits who could be served. */
    void waits(boolean now, long at) {
        advance(at);
        if (now != counting) {
            counting = now;
            last = Math.max(last, at);
        }
    }

    private void advance(long now) {
        long passed = now - last;
        if (counting && passed > 0) {
            time += passed;
            unfaded += passed;
            last = now;
            if (unfaded > FADE_STEP_NS) {
                double keep = StrictMath.exp(-unfaded / FADE_NS);
                work *= keep;
                time *= keep;
                unfaded = 0;
            }
        }
    }

    /** A request left for an engine. */
    void left(long its, long now) {
        advance(now);
        if (counting) {
            work += its;
            seen = Math.min(seen + 1, LEAST_SEEN);
        }
    }

    /** us of work per ns; NaN while too little was seen. */
    double rate(long now) {
        advance(now);
        return seen < LEAST_SEEN || time < LEAST_NS ? Double.NaN : work / time;
    }

    /** What was learned holds no longer: endpoints have come or gone. */
    void forget() {
        work = 0;
        time = 0;
        unfaded = 0;
        seen = 0;
    }
}
