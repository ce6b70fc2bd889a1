package dev.sluice.simulator.transfer;

/** One end of an engine's link: transfers over it follow each other. Thread-safe. */
final class Wire {
    private long busyUntil = System.nanoTime();

    /** Waits until a transfer of so many nanoseconds, begun after those before it, is over. */
    void take(long nanos) throws InterruptedException {
        await(reserve(nanos));
    }

    /** When a transfer that is asked for now will be over, on {@link System#nanoTime}. */
    synchronized long reserve(long nanos) {
        busyUntil = Math.max(System.nanoTime(), busyUntil) + nanos;
        return busyUntil;
    }

    static void await(long until) throws InterruptedException {
        var left = until - System.nanoTime();
        if (left > 0) {
            Thread.sleep(left / 1_000_000, (int) (left % 1_000_000));
        }
    }
}
