package dev.sluice.gateway.plugin;

import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The one way into a plugin's code while requests wait: one call of a plugin runs at a time. So a plugin that hangs can
 * take one thread with it and not a second one; once it has, it is off until its jar is replaced.
 *
 * <p>Whoever finds the lane taken leaves its call to the one who is in it. That one does some of the calls it finds and
 * hands the rest back to the pool, so that a busy plugin does not keep the others of its batch waiting.
 */
final class Lane {
    private static final int MOST_WAITING = 16;
    private static final int AT_ONCE = 4;

    private final String plugin;
    private final ConcurrentLinkedQueue<Call> waiting = new ConcurrentLinkedQueue<>();
    private final AtomicInteger waitingCount = new AtomicInteger();
    private final AtomicBoolean taken = new AtomicBoolean();
    private volatile String off = "";

    Lane(String plugin) {
        this.plugin = plugin;
    }

    /** Why the plugin is not called any more; empty when it is. */
    String off() {
        return off;
    }

    /** True while somebody is in the plugin's code. */
    boolean taken() {
        return taken.get();
    }

    /** A thread did not come back. */
    void turnOff(String point, String name) {
        off = "plugin " + plugin + " is off: a call of " + point + " " + name + " does not end, its thread is lost";
        for (Call call = waiting.poll(); call != null; call = waiting.poll()) {
            call.drop();
        }
    }

    void run(Call call, PluginWorkers workers) {
        if (!off.isEmpty() || waitingCount.get() >= MOST_WAITING) {
            call.drop();
            return;
        }
        waitingCount.incrementAndGet();
        waiting.add(call);
        drain(workers);
    }

    private void drain(PluginWorkers workers) {
        int done = 0;
        while (!waiting.isEmpty() && taken.compareAndSet(false, true)) {
            try {
                for (Call call = waiting.poll(); call != null; call = done < AT_ONCE ? waiting.poll() : null) {
                    waitingCount.decrementAndGet();
                    call.run();
                    done++;
                }
            } finally {
                taken.set(false);
            }
            if (done >= AT_ONCE && !waiting.isEmpty()) {
                workers.execute(() -> drain(workers));
                return;
            }
        }
    }
}
