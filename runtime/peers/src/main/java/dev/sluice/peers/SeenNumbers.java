package dev.sluice.peers;

/** Which of a sender's numbers have come. One that is more than {@link #SIZE} behind the newest counts as come. Not thread-safe. */
final class SeenNumbers {
    /** Connections to several members, and several threads, bring them in another order. */
    static final int SIZE = 4096;

    private final long[] come = new long[SIZE / 64];
    private long newest;

    /** True when it comes for the first time. */
    boolean first(long number) {
        if (number < 1 || number <= newest - SIZE) {
            return false;
        }
        if (number > newest) {
            if (number - newest >= SIZE) {
                java.util.Arrays.fill(come, 0);
            } else {
                for (long passed = newest + 1; passed < number; passed++) {
                    come[word(passed)] &= ~bit(passed);
                }
                come[word(number)] &= ~bit(number);
            }
            newest = number;
        } else if ((come[word(number)] & bit(number)) != 0) {
            return false;
        }
        come[word(number)] |= bit(number);
        return true;
    }

    private static int word(long number) {
        return (int) (number % SIZE) / 64;
    }

    private static long bit(long number) {
        return 1L << (number % 64);
    }
}
