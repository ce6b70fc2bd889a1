package dev.sluice.gateway.kv;

import java.util.List;
import java.util.concurrent.locks.LockSupport;
import org.jctools.queues.MpscUnboundedArrayQueue;

/** The one thread that writes into precise indexes. It takes a turn of each feed, and rests when nothing has come. */
final class KvWriter implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger("dev.sluice.kv");
    private static final long REST = 100_000_000L;

    private final MpscUnboundedArrayQueue<Runnable> orders = new MpscUnboundedArrayQueue<>(64);
    private final Thread thread;
    private volatile List<KvFeed> feeds = List.of();
    private volatile boolean resting;
    private volatile boolean closed;

    KvWriter() {
        thread = Thread.ofPlatform().daemon().name("sluice-kv-index").unstarted(this::run);
    }

    void start() {
        thread.start();
    }

    /** Feeds that are read from now on. */
    void feeds(List<KvFeed> all) {
        feeds = List.copyOf(all);
    }

    /** Runs something between two applications of news. */
    void order(Runnable order) {
        orders.add(order);
        wake();
    }

    /** Something has come. */
    void wake() {
        if (resting) {
            LockSupport.unpark(thread);
        }
    }

    private void run() {
        while (!closed) {
            if (!turn()) {
                resting = true;
                if (!turn()) {
                    LockSupport.parkNanos(this, REST);
                }
                resting = false;
            }
        }
        turn();
    }

    private boolean turn() {
        boolean any = false;
        try {
            for (Runnable order = orders.poll(); order != null; order = orders.poll()) {
                order.run();
                any = true;
            }
            for (KvFeed feed : feeds) {
                any |= feed.apply();
            }
        } catch (RuntimeException e) {
            LOG.log(System.Logger.Level.ERROR, "applying KV events failed, goes on", e);
        }
        return any;
    }

    @Override
    public void close() {
        closed = true;
        LockSupport.unpark(thread);
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
