package dev.sluice.core.peers;

/**
 * Which of a sender's messages have come: each counts once, in whatever order they come. What is more than {@link #SIZE} behind the
 * newest is not known any more and does not count.
 */
final class Window {
    static final int SIZE = 64;

    private long newest;
    /** Bit i: the message i before the newest has come. */
    private long come;

    /** True when it has not come before. */
    boolean accepts(long sequence) {
        if (sequence > newest) {
            long ahead = sequence - newest;
            come = ahead >= SIZE ? 1 : (come << ahead) | 1;
            newest = sequence;
            return true;
        }
        long behind = newest - sequence;
        if (sequence < 1 || behind >= SIZE || ((come >>> behind) & 1) != 0) {
            return false;
        }
        come |= 1L << behind;
        return true;
    }

    /** The largest that has come; 0 for none. */
    long newest() {
        return newest;
    }
}
