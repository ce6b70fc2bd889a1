package dev.sluice.simulator;

import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/** Waits for a condition that nothing announces, looking every 200 microseconds, at most ten seconds. */
final class Await {
    private Await() {}

    /** Nanoseconds until it held. */
    static long until(BooleanSupplier condition) {
        var started = System.nanoTime();
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() - started > 10_000_000_000L) {
                throw new AssertionError("did not come true within 10 s");
            }
            LockSupport.parkNanos(200_000);
        }
        return System.nanoTime() - started;
    }
}
