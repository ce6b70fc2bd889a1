package dev.sluice.gateway.http;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.ClosedSelectorException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.util.ArrayList;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * One platform thread with one selector that does everything which merely waits.
 *
 * <p>Why not leave waiting to the JDK's virtual-thread poller? A blocked read costs there an epoll registration each time;
 * here a channel stays registered for its life, the loop itself reads into the parked thread's buffer and wakes it with
 * the bytes in place. The same registration notices, for nothing, that a client leaves while its request waits, and that
 * an idle upstream connection has gone stale; the same loop compares time limits every {@value #TICK_MILLIS} ms, so no
 * timer is armed per read. Measurements: docs/performance.md.
 */
public final class Loop implements AutoCloseable {
    /** How exact time limits are. */
    static final int TICK_MILLIS = 25;

    private static final System.Logger LOG = System.getLogger(Loop.class.getName());

    private final Selector selector;
    private final Thread thread;
    private final ConcurrentLinkedQueue<Wire> joining = new ConcurrentLinkedQueue<>();
    private final ArrayList<Wire> wires = new ArrayList<>();
    private final Consumer<SelectionKey> ready = this::ready;
    private volatile boolean stopped;
    private volatile int open;

    private Loop(String name) {
        try {
            selector = Selector.open();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        thread = Thread.ofPlatform().name(name).daemon().unstarted(this::run);
    }

    /** Starts a loop. */
    public static Loop start(String name) {
        Loop loop = new Loop(name);
        loop.thread.start();
        return loop;
    }

    /** Wires that the loop looks after. */
    public int open() {
        return open;
    }

    long threadId() {
        return thread.threadId();
    }

    Selector selector() {
        return selector;
    }

    boolean inside() {
        return Thread.currentThread().equals(thread);
    }

    /** Time limits of this wire are kept from now on. */
    void join(Wire wire) {
        joining.add(wire);
        wake();
    }

    void wake() {
        if (!inside()) {
            selector.wakeup();
        }
    }

    private void run() {
        long tick = TimeUnit.MILLISECONDS.toNanos(TICK_MILLIS);
        long last = System.nanoTime();
        while (!stopped) {
            try {
                long wait = wires.isEmpty() && joining.isEmpty() ? 0 : TICK_MILLIS;
                selector.select(ready, wait);
                long now = System.nanoTime();
                if (now - last >= tick || wires.isEmpty()) {
                    last = now;
                    tick(now);
                }
            } catch (ClosedSelectorException e) {
                break;
            } catch (IOException | RuntimeException | Error e) {
                LOG.log(System.Logger.Level.ERROR, "the loop goes on after", e); // without it nothing would
            }
        }
        for (Wire wire : wires) {
            wire.close();
        }
        try {
            selector.close();
        } catch (IOException e) {
            LOG.log(System.Logger.Level.DEBUG, "closing the selector", e);
        }
    }

    private void ready(SelectionKey key) {
        ChannelWire wire = (ChannelWire) key.attachment();
        try {
            wire.ready(key);
        } catch (RuntimeException | Error e) {
            if (!wire.closed()) {
                LOG.log(System.Logger.Level.WARNING, "connection closed after", e);
            }
            wire.close();
        }
    }

    private void tick(long now) {
        for (Wire w = joining.poll(); w != null; w = joining.poll()) {
            wires.add(w);
        }
        for (int i = wires.size() - 1; i >= 0; i--) {
            Wire wire = wires.get(i);
            boolean stays;
            try {
                stays = wire.tick(now);
            } catch (RuntimeException | Error e) {
                LOG.log(System.Logger.Level.WARNING, "connection closed after", e);
                wire.close();
                stays = false;
            }
            if (!stays) {
                int end = wires.size() - 1;
                wires.set(i, wires.get(end));
                wires.remove(end);
            }
        }
        open = wires.size();
    }

    /** Stops the thread and closes all wires. */
    @Override
    public void close() {
        stopped = true;
        selector.wakeup();
        if (inside()) {
            return;
        }
        boolean interrupted = false;
        while (thread.isAlive()) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
