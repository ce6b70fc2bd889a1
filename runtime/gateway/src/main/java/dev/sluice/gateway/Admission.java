package dev.sluice.gateway;

import dev.sluice.gateway.metrics.Lane;
import java.util.Optional;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/** One request's wait for room in its pool. Room that was set aside is given back once, whatever happens. */
final class Admission {
    private static final long QUEUE_WAIT_NS = 10_000_000_000L;

    private final LivePool pool;
    private long every = Long.MAX_VALUE;
    private Runnable beat = () -> {};
    private @Nullable Waiter waiter;
    private boolean left;
    private boolean holds;

    Admission(LivePool pool) {
        this.pool = pool;
    }

    /** While its pool starts, this is run so often, ns, on the thread that waits. */
    void meanwhile(long each, Runnable run) {
        every = each;
        beat = run;
    }

    /**
     * Waits until there is room.
     *
     * @param bytes what the request holds in memory meanwhile
     * @param priority the highest goes first
     * @return false when its client left before
     */
    boolean enter(int bytes, int priority, Lane lane) throws Refused, InterruptedException {
        return enter(bytes, priority, lane, () -> {});
    }

    /** The same, and says when it is about to wait. */
    boolean enter(int bytes, int priority, Lane lane, Runnable waits) throws Refused, InterruptedException {
        long asked = System.nanoTime();
        Waiter mine = new Waiter(bytes, asked + patience(), priority);
        synchronized (this) {
            waiter = mine;
        }
        boolean granted = switch (pool.admit(mine)) {
            case AT_ONCE -> true;
            case REFUSED ->
                throw Refused.overloaded("all engines of this model are busy and the queue is full", "queue_full");
            case WAITS -> {
                waits.run();
                yield waited(mine, asked, lane);
            }
        };
        synchronized (this) {
            waiter = null;
            holds = granted;
            if (!left) {
                if (!granted) {
                    Optional<Waking> asleep = pool.asleep();
                    if (asleep.isPresent()) {
                        throw Refused.starting(asleep.get().eta());
                    }
                    throw Refused.overloaded("no engine of this model had room in time", "queue_timeout");
                }
                return true;
            }
        }
        used();
        return false;
    }

    /**
     * How long it may wait, ns. A pool that sleeps is woken by whoever asks; a client that would wait in vain is told at once when to
     * come back.
     */
    private long patience() throws Refused {
        Optional<Waking> wakes = pool.waking();
        if (wakes.isEmpty()) {
            return QUEUE_WAIT_NS;
        }
        wakes.get().ask();
        if (pool.asleep().isEmpty()) {
            return QUEUE_WAIT_NS;
        }
        OptionalLong eta = wakes.get().eta();
        if (eta.orElse(0) > wakes.get().patience()) {
            throw Refused.starting(eta);
        }
        return wakes.get().patience();
    }

    private boolean waited(Waiter mine, long asked, Lane lane) throws InterruptedException {
        if (gone()) {
            pool.leave(mine);
        }
        try {
            while (every < Long.MAX_VALUE && !mine.await(every)) {
                if (pool.asleep().isPresent()) {
                    beat.run();
                }
            }
            boolean granted = mine.await();
            lane.queued(System.nanoTime() - asked);
            return granted;
        } catch (InterruptedException interrupted) {
            pool.leave(mine);
            if (mine.granted()) {
                pool.admissionUsed();
            }
            throw interrupted;
        }
    }

    private synchronized boolean gone() {
        return left;
    }

    /** From any thread: the client has left. */
    void leave() {
        Waiter waiting;
        synchronized (this) {
            left = true;
            waiting = waiter;
        }
        if (waiting != null) {
            pool.leave(waiting);
        }
    }

    /** The room has been used, or is not needed; further calls do nothing. */
    void used() {
        synchronized (this) {
            if (!holds) {
                return;
            }
            holds = false;
        }
        pool.admissionUsed();
    }
}
