package dev.sluice.core.wake;

import java.time.Duration;
import java.util.Arrays;
import java.util.OptionalLong;

/**
 * How long a revision takes from the first ring to its first endpoint in service, learned from the last starts. A client that is
 * told to come back should find it up: so it is the slower of recent starts that counts, not their mean, and a start that is
 * already late is expected to take a quarter more than it has.
 */
public final class StartTimes {
    private static final int KEPT = 16;
    /** Three of four starts are no slower. */
    private static final double SHARE = 0.75;

    private final long[] last = new long[KEPT];
    private int count;

    /** A start has ended well. */
    public void took(Duration time) {
        last[count++ % KEPT] = Math.max(0, time.toNanos());
    }

    /** What is expected of the next, ns; empty before the first. */
    public OptionalLong expected() {
        int n = Math.min(count, KEPT);
        if (n == 0) {
            return OptionalLong.empty();
        }
        long[] sorted = Arrays.copyOf(last, n);
        Arrays.sort(sorted);
        return OptionalLong.of(sorted[(int) Math.ceil(SHARE * n) - 1]);
    }

    /**
     * What is left of a start that has taken so long already, ns; empty when none was ever seen.
     *
     * @param elapsed ns
     */
    public OptionalLong left(long elapsed) {
        OptionalLong expected = expected();
        if (expected.isEmpty()) {
            return OptionalLong.empty();
        }
        return OptionalLong.of(Math.max(expected.getAsLong() - elapsed, elapsed / 4));
    }
}
