package dev.sluice.gateway.http;

/**
 * Whether the owner of a wire should look for input itself next time. After a look that found nothing twice as many reads
 * as before are left to the loop, at most {@value #MOST}; after one that found something the owner goes on by itself. Not
 * thread-safe.
 */
final class Luck {
    private static final int FIRST = 8;
    private static final int MOST = 256;

    private int pause = FIRST;
    private int left = FIRST;

    /** The owner looked and found what it wanted. */
    void hit() {
        pause = 1;
    }

    /** The owner looked in vain. */
    void miss() {
        pause = Math.min(MOST, pause * 2);
        left = pause;
    }

    /** The loop has read for the owner: true when the owner is to look for itself the next time. */
    boolean tryNext() {
        left--;
        return left <= 0;
    }
}
