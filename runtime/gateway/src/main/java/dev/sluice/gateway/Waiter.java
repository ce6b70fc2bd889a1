package dev.sluice.gateway;

import dev.sluice.core.Work;
import dev.sluice.core.flow.Ticket;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** A virtual thread that waits in the admission queue. */
final class Waiter extends Ticket {
    private final CountDownLatch woken = new CountDownLatch(1);
    private final Work work;
    private volatile Fate fate = Fate.OPEN;

    /** What became of it. */
    enum Fate {
        /** Nothing yet; or its client has gone. */
        OPEN,
        /** Room was set aside for it. */
        GRANTED,
        /** It waited too long. */
        LATE,
        /** It waited too long while no endpoint was in service. */
        LATE_WITHOUT_ENDPOINT,
        /** It had to leave for another one. */
        PUSHED_OUT
    }

    /** @param work what it asks for, as far as is known before it is placed */
    Waiter(long bytes, int priority, Times times, Share share, Work work) {
        super(bytes, priority, times, share);
        this.work = work;
    }

    /** What it asks for. */
    Work work() {
        return work;
    }

    /** Something became of it; the first word counts. */
    synchronized void become(Fate what) {
        if (fate == Fate.OPEN) {
            fate = what;
        }
        woken.countDown();
    }

    Fate fate() {
        return fate;
    }

    boolean granted() {
        return fate == Fate.GRANTED;
    }

    /** It has to look again: its client has gone. */
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
        return granted();
    }
}
