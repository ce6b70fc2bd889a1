package dev.sluice.gateway;

import dev.sluice.core.AdmissionQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** A virtual thread that waits in the admission queue. */
final class Waiter extends AdmissionQueue.Ticket {
    private final CountDownLatch woken = new CountDownLatch(1);
    private volatile boolean granted;

    Waiter(long bytes, long deadline, int priority) {
        super(bytes, deadline, priority);
    }

    /** Room was set aside for it. */
    void grant() {
        granted = true;
        woken.countDown();
    }

    boolean granted() {
        return granted;
    }

    /** It has to look again: expired, or its client has gone. */
    void wake() {
        woken.countDown();
    }

    /** Waits so long; true when the wait is over, whatever has ended it. */
    boolean await(long nanos) throws InterruptedException {
        return woken.await(nanos, TimeUnit.NANOSECONDS);
    }

    /** Waits; true when room was set aside. */
    boolean await() throws InterruptedException {
        woken.await();
        return granted;
    }
}
