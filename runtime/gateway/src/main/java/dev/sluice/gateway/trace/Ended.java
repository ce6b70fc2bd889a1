package dev.sluice.gateway.trace;

/**
 * A request that has ended and is to be told of.
 *
 * @param nanos when, as {@link System#nanoTime} says it
 * @param epochNanos the same moment in ns since 1970: all other times are told from here
 */
record Ended(Trace trace, Trace.Summary summary, long nanos, long epochNanos) {
    long epoch(long at) {
        return epochNanos - (nanos - at);
    }
}
