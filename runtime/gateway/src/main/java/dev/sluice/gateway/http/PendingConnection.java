package dev.sluice.gateway.http;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * A connection whose first head has not come to its end. The loop collects the head; there is no thread, and nothing of Helidon's but the
 * task that it would begin with.
 */
final class PendingConnection implements Wire.Watcher, Runnable {
    private static final System.Logger LOG = System.getLogger(PendingConnection.class.getName());

    private final PendingConnections all;
    private final ChannelWire wire;
    private final Runnable task;
    private final long since = System.nanoTime();
    private final boolean late;
    /** What becomes of it is decided once: by the loop, or by who closes it. */
    private final AtomicBoolean decided = new AtomicBoolean();

    private volatile @Nullable Thread thread;
    /** Bytes in which the end of the head has been looked for. */
    private volatile int scanned;

    /** @param task serves the connection, on a thread of its loop */
    PendingConnection(PendingConnections all, ChannelWire wire, Runnable task) {
        this.all = all;
        this.wire = wire;
        this.task = task;
        this.late = all.owner().closing();
    }

    ChannelWire wire() {
        return wire;
    }

    /** When it was opened, by {@link System#nanoTime}. */
    long since() {
        return since;
    }

    /** Whether it was opened when the listener was closing already. */
    boolean late() {
        return late;
    }

    /** On the thread that accepted it: whoever connected has mostly sent a whole head. */
    void begin() {
        try {
            ByteBuffer soFar = wire.look();
            if (soFar == null || !heard(soFar)) {
                wire.watchNow(this, limits().headTime().toNanos());
            }
        } catch (IOException | RuntimeException | OutOfMemoryError e) { // the thread that accepts goes on
            LOG.log(System.Logger.Level.TRACE, "client connection lost", e);
            decide(this::leave);
        }
    }

    private HttpLimits limits() {
        return all.owner().limits();
    }

    /** Takes it out of the loop's hands. What may wait for a lock does not run on the loop's own thread, nor before the watch has ended. */
    private void decide(Runnable how) {
        if (decided.compareAndSet(false, true)) {
            Loop.mayWait(how);
        }
    }

    // ---- told by the loop

    @Override
    public boolean maySpeak() {
        return true;
    }

    @Override
    public boolean heard(ByteBuffer soFar) {
        int before = scanned;
        if (before == 0) {
            wire.limitWatch(limits().headTime().toNanos()); // from the first byte on
        }
        boolean whole = !soFar.hasRemaining() || ends(soFar, before);
        scanned = soFar.position();
        if (whole) {
            decide(this::comeIn);
        }
        return whole;
    }

    /** Whether there is enough for a thread to go on with: a whole head, before which one empty line may stand, or what is none. */
    private static boolean ends(ByteBuffer soFar, int scanned) {
        int length = soFar.position();
        int start = length >= 2 && soFar.get(0) == '\r' && soFar.get(1) == '\n' ? 2 : 0;
        try {
            return Bytes.endOfHead(soFar, start, Math.max(start, scanned), length) >= 0;
        } catch (Bytes.BareLineEnd e) {
            return true;
        }
    }

    @Override
    public void left() {
        decide(this::leave);
    }

    @Override
    public void expired() {
        decide(scanned > 0 ? this::refuse : this::leave);
    }

    // ---- what becomes of it

    private void comeIn() {
        all.comeIn(this);
    }

    private void refuse() {
        try {
            Refusal.send(wire, all.owner().handler(), limits(), Refusal.slowHead(limits()));
        } catch (IOException e) {
            LOG.log(System.Logger.Level.TRACE, "client connection lost", e);
        } finally {
            leave();
        }
    }

    /** Ends it without having been served. */
    void leave() {
        wire.dispose();
        all.left(this);
    }

    /** Closes it, unless it is being served. */
    void close() {
        if (decided.compareAndSet(false, true)) {
            leave();
        }
    }

    /** As {@link ClientConnection#closeIdle}. */
    boolean closeIdle(long linger) {
        if (decided.get() || scanned > 0) {
            return true;
        }
        boolean young = System.nanoTime() - since < (late ? Refusal.LINGER : linger);
        if (!young) {
            close();
        }
        return !late && young;
    }

    // ---- on its thread

    @Override
    public void run() {
        thread = Thread.currentThread();
        all.serving(this);
        try {
            task.run();
        } finally {
            if (all.take() != null) { // Helidon did not get as far as to ask for it
                wire.dispose();
            }
            all.opened(this);
            all.served(this);
        }
    }

    /** Interrupts its thread. */
    void interrupt() {
        Thread t = thread;
        if (t != null) {
            t.interrupt();
        }
    }
}
