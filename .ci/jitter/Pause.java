import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.locks.LockSupport;

/** A thread loses its processor. */
public final class Pause {
    private static volatile int oneIn;
    private static volatile long longest;

    private Pause() {}

    static void set(int calls, int longestMs) {
        longest = longestMs * 1_000_000L;
        oneIn = calls;
    }

    /** Once in so many calls, for up to so long. */
    public static void perhaps() {
        int calls = oneIn;
        if (calls == 0 || ThreadLocalRandom.current().nextInt(calls) != 0) {
            return;
        }
        boolean interrupted = Thread.interrupted();
        long end = System.nanoTime() + ThreadLocalRandom.current().nextLong(longest);
        for (long left = end - System.nanoTime(); left > 0; left = end - System.nanoTime()) {
            LockSupport.parkNanos(Pause.class, left);
        }
        // Whatever was to wake this thread may have been used up here; to be woken for nothing is allowed.
        LockSupport.unpark(Thread.currentThread());
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
