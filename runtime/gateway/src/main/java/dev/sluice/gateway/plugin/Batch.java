package dev.sluice.gateway.plugin;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;

/**
 * Calls that one decision makes at once. One worker does them one after the other: for calls of microseconds, waking one
 * thread is what costs. When they are not done after a quarter of the budget, more workers are woken for those that wait,
 * so that a plugin that hangs does not take the others' votes with it.
 */
final class Batch implements Runnable {
    private final List<Call> calls = new ArrayList<>(4);
    private final AtomicInteger left = new AtomicInteger();
    private final PluginWorkers workers;
    private final Thread waiter = Thread.currentThread();
    private long begun;

    Batch(PluginWorkers workers) {
        this.workers = workers;
    }

    void add(Call call) {
        call.in(this);
        calls.add(call);
    }

    /** Hands the calls over and returns. */
    Batch start() {
        left.set(calls.size());
        begun = System.nanoTime();
        if (!calls.isEmpty()) {
            workers.execute(this);
        }
        return this;
    }

    @Override
    public void run() {
        for (Call call : calls) {
            if (call.claim()) {
                call.execute(workers);
            }
        }
    }

    void done() {
        if (left.decrementAndGet() == 0) {
            LockSupport.unpark(waiter);
        }
    }

    /** Waits until all are done or the budget is over, and gives up those that are not done by then. */
    void await(long budgetNanos) {
        long patience = budgetNanos / 4;
        boolean helped = false;
        boolean interrupted = false;
        while (left.get() > 0) {
            long spent = System.nanoTime() - begun;
            if (spent >= budgetNanos) {
                break;
            }
            if (!helped && spent >= patience) {
                helped = true;
                for (int i = 1; i < left.get(); i++) {
                    workers.execute(this);
                }
            }
            LockSupport.parkNanos(this, (helped ? budgetNanos : patience) - spent);
            // A request that is cut off must not spin here; it finds its interrupt again afterwards.
            interrupted |= Thread.interrupted();
        }
        if (left.get() > 0) {
            calls.forEach(call -> call.giveUp(workers));
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
