package dev.sluice.gateway.http;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * One number for all bodies. While there is room a body costs one compare-and-set; when there is not, new bodies wait in
 * the order they came, so that a large one is not starved by small ones that keep slipping in.
 */
public final class ByteBudget implements BodyBudget {
    private final long total;
    private final AtomicLong free;
    private final ReentrantLock lock = new ReentrantLock();
    private final ArrayDeque<Waiter> queue = new ArrayDeque<>();
    private volatile int waiting;

    private static final class Waiter {
        final long bytes;
        final Condition turn;
        boolean granted;

        Waiter(long bytes, Condition turn) {
            this.bytes = bytes;
            this.turn = turn;
        }
    }

    /** @param total bytes, ≥ 0 */
    public ByteBudget(long total) {
        if (total < 0) {
            throw new IllegalArgumentException("a negative budget");
        }
        this.total = total;
        this.free = new AtomicLong(total);
    }

    /** Bytes held now. */
    public long used() {
        return total - free.get();
    }

    /** Bodies that wait now. */
    public int waiting() {
        return waiting;
    }

    @Override
    public boolean tryReserve(long bytes, Duration wait) throws InterruptedException {
        if (bytes > total) {
            return false;
        }
        if (waiting == 0 && take(bytes)) {
            return true;
        }
        lock.lockInterruptibly();
        try {
            Waiter me = new Waiter(bytes, lock.newCondition());
            queue.add(me);
            waiting = queue.size();
            grant();
            long nanos = wait.toNanos();
            try {
                while (!me.granted && nanos > 0) {
                    nanos = me.turn.awaitNanos(nanos);
                }
            } catch (InterruptedException e) {
                if (me.granted) {
                    free.addAndGet(bytes);
                }
                leave(me);
                throw e;
            }
            if (!me.granted) {
                leave(me);
            }
            return me.granted;
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void release(long bytes) {
        free.addAndGet(bytes);
        if (waiting > 0) {
            lock.lock();
            try {
                grant();
            } finally {
                lock.unlock();
            }
        }
    }

    private boolean take(long bytes) {
        long now = free.get();
        while (now >= bytes) {
            if (free.compareAndSet(now, now - bytes)) {
                return true;
            }
            now = free.get();
        }
        return false;
    }

    private void leave(Waiter me) {
        queue.remove(me);
        waiting = queue.size();
        grant();
    }

    private void grant() {
        for (Waiter first = queue.peek(); first != null && take(first.bytes); first = queue.peek()) {
            queue.remove();
            waiting = queue.size();
            first.granted = true;
            first.turn.signal();
        }
    }
}
