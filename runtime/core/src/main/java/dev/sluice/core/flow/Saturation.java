package dev.sluice.core.flow;

import dev.sluice.core.Pool;

/** How full a pool is: 0 idle, 1 as full as it should be. */
public interface Saturation {
    /**
     * The pool's saturation.
     *
     * @param granted requests that may go on to an engine and are not charged to one yet
     * @param grantedMs their prompts' predicted time, ms
     * @return NaN when nothing can be said; then nobody is held back
     */
    double of(Pool pool, int granted, double grantedMs, long now);

    /** Nobody is held back but by the endpoints' limits. */
    Saturation NONE = (pool, granted, grantedMs, now) -> Double.NaN;

    /**
     * How long the least loaded endpoint would let a further prompt wait, over the time to first token that is aimed at: 1 when a request
     * that came now would miss it wherever it went. The least and not the mean, because a request goes to one endpoint, and one
     * with room is enough ({@code routing-policies.md} 3.2: a mean is up to 2.4 times too strict where load is uneven). Not smoothed:
     * a saturation that is over must not go on.
     *
     * @param ttftMs that is aimed at, ms, more than 0
     */
    static Saturation leastWait(double ttftMs) {
        return (pool, granted, grantedMs, now) -> pool.leastWaitMs(grantedMs, now) / ttftMs;
    }
}
