package dev.sluice.gateway.plugin;

import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedTransferQueue;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The platform threads on which third-party plugins run: virtual threads are not sliced by time, and a plugin that spins
 * would keep a carrier for ever. Threads are started when there is work and nobody is free, at most two more than there
 * are plugins, since a {@link Lane} lets one into each; idle ones end. A thread that a plugin does not give back is struck
 * off and another may be started in its place.
 */
public final class PluginWorkers implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger("dev.sluice.plugins");
    private static final Duration GRACE = Duration.ofMillis(100);
    private static final Duration IDLE = Duration.ofSeconds(30);
    private static final int SPARE = 2;

    private final LinkedTransferQueue<Runnable> queue = new LinkedTransferQueue<>();
    private final AtomicInteger threads = new AtomicInteger();
    private final ScheduledExecutorService warden;
    private volatile int limit = SPARE;
    private final AtomicInteger generation = new AtomicInteger();
    private volatile boolean closed;

    /** No thread runs before there is work. */
    public PluginWorkers() {
        warden = Executors.newSingleThreadScheduledExecutor(
                task -> Thread.ofPlatform().name("plugin-warden").daemon().unstarted(task));
    }

    /** So many plugins may be called at the same time. */
    public void plugins(int count) {
        limit = SPARE + count;
    }

    /** Living threads, those that are lost not counted. */
    public int threads() {
        return threads.get();
    }

    void execute(Runnable task) {
        if (queue.tryTransfer(task)) {
            return;
        }
        int now = threads.get();
        while (now < limit && !closed) {
            if (threads.compareAndSet(now, now + 1)) {
                start(task);
                return;
            }
            now = threads.get();
        }
        queue.put(task);
    }

    /** Without a thread the task waits in the queue, and its calls go without votes. */
    private void start(Runnable task) {
        Worker worker = new Worker(task);
        try {
            worker.start();
        } catch (OutOfMemoryError noThread) {
            worker.struckOff();
            queue.put(task);
        }
    }

    void afterGrace(Runnable check) {
        if (!closed) {
            var _ = warden.schedule(check, GRACE.toMillis(), TimeUnit.MILLISECONDS);
        }
    }

    /** All threads end when they have done what they do, so that nothing that a plugin left in them stays. */
    public void renew() {
        generation.incrementAndGet();
        for (int i = threads.get(); i > 0; i--) {
            queue.tryTransfer(() -> {});
        }
    }

    /** Strikes off a thread that runs a plugin's code and does not come back. */
    static void lost(Thread thread, String instance) {
        if (thread instanceof Worker worker && worker.struckOff()) {
            LOG.log(
                    System.Logger.Level.ERROR,
                    "plugin instance {0} does not end its call and does not heed an interrupt: it is off, and its thread"
                            + " {1} is lost until the process ends",
                    instance,
                    thread.getName());
        }
    }

    /** A thread that was struck off came back after all: it ends. */
    static void leave() {
        if (Thread.currentThread() instanceof Worker worker) {
            worker.leaving = true;
        }
    }

    @Override
    public void close() {
        closed = true;
        warden.shutdownNow();
        renew();
    }

    private final class Worker extends Thread {
        private final int mine = generation.get();
        private Runnable task;
        private boolean leaving;
        private boolean counted = true;

        Worker(Runnable first) {
            super("plugin-worker");
            this.task = first;
            setDaemon(true);
            setContextClassLoader(ClassLoader.getPlatformClassLoader());
        }

        @Override
        public void run() {
            try {
                while (true) {
                    runOne();
                    if (leaving || mine != generation.get() || closed) {
                        return;
                    }
                    Runnable next = queue.poll(IDLE.toMillis(), TimeUnit.MILLISECONDS);
                    if (next == null) {
                        return;
                    }
                    task = next;
                }
            } catch (InterruptedException stray) {
                Thread.currentThread().interrupt();
            } finally {
                struckOff();
                adopt();
            }
        }

        /** What a call throws is caught there; memory may yet run out around it, and is no reason to lose a thread. */
        private void runOne() {
            try {
                task.run();
            } catch (OutOfMemoryError around) {
                LOG.log(System.Logger.Level.WARNING, "memory ran out on a plugin thread");
            } finally {
                task = () -> {};
            }
        }

        /** Work that was put into the queue while this thread decided to end must not wait for the next caller. */
        private void adopt() {
            Runnable orphan = closed ? null : queue.poll();
            if (orphan != null) {
                execute(orphan);
            }
        }

        synchronized boolean struckOff() {
            if (counted) {
                counted = false;
                threads.decrementAndGet();
                return true;
            }
            return false;
        }
    }
}
