package dev.sluice.gateway.http;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Objects;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * A connection whose bytes come by blocking calls: TLS on either side, and plaintext when its channel could not be had.
 * Each read is done by a short-lived virtual thread, so that the owner can stop waiting without closing, and so that
 * watching is the same thing as reading with nobody waiting. A write that stalls can only be ended by closing.
 */
final class SocketWire extends Wire {
    private static final int READ_AHEAD = 64 << 10;

    private final Carrier carrier;
    private volatile boolean closed;
    private volatile long writeDeadline;
    private volatile boolean writing;
    private volatile boolean writeTimedOut;

    // All below: guarded by this.
    private final ArrayDeque<byte[]> arrived = new ArrayDeque<>();
    private int offset;
    private int held;
    private boolean pumping;
    private boolean ended;
    private @Nullable IOException failure;
    private @Nullable Thread reader;
    private @Nullable Watcher watcher;
    private long watchDeadline;
    private boolean telling;

    /**
     * Over a carrier.
     *
     * @param already bytes that were read before
     */
    SocketWire(Loop loop, Carrier carrier, byte[] already) {
        this.carrier = carrier;
        if (already.length > 0) {
            arrived.add(already);
            held = already.length;
        }
        loop.join(this);
    }

    /** Reads once, keeps what comes, and tells whoever waits. Goes on while watched. */
    private void pump() {
        boolean more = true;
        while (more) {
            byte[] bytes = null;
            IOException error = null;
            try {
                bytes = carrier.get();
            } catch (IOException e) {
                error = e;
            }
            more = took(bytes, error);
        }
    }

    private boolean took(byte @Nullable [] bytes, @Nullable IOException error) {
        Watcher gone = null;
        boolean more;
        synchronized (this) {
            if (bytes == null) {
                ended = true;
                failure = error;
            } else if (bytes.length > 0) {
                arrived.add(bytes);
                held += bytes.length;
            }
            Watcher w = watcher;
            if (w != null && (ended || (held > 0 && !w.maySpeak()))) {
                gone = w;
                watcher = null;
                telling = true;
            }
            more = watcher != null && held < READ_AHEAD;
            pumping = more;
            LockSupport.unpark(reader);
        }
        if (gone != null) {
            tell(gone, false);
        }
        return more;
    }

    private void tell(Watcher w, boolean expired) {
        try {
            if (expired) {
                w.expired();
            } else {
                w.left();
            }
        } finally {
            synchronized (this) {
                telling = false;
            }
        }
    }

    private void startPump() {
        if (!pumping && !ended) {
            pumping = true;
            Thread.ofVirtual().name("socket-read").start(this::pump);
        }
    }

    @Override
    int read(ByteBuffer into, int atLeast, long idle, long deadline) throws IOException {
        int n = take(into);
        while (n < atLeast) {
            if (!awaitBytes(Math.min(idle, deadline - System.nanoTime()))) {
                return n;
            }
            n += take(into);
        }
        return n;
    }

    @Override
    @Nullable
    Lease readFresh(int size, long idle) throws IOException {
        if (!awaitBytes(idle)) {
            return null;
        }
        Lease lease = Lease.of(size);
        take(lease.bytes);
        return lease;
    }

    /** Waits until something is there; false at the end of the stream. */
    private boolean awaitBytes(long nanos) throws IOException {
        long end = in(nanos);
        synchronized (this) {
            if (held > 0) {
                return true;
            }
            reader = Thread.currentThread();
            startPump();
        }
        try {
            while (true) {
                synchronized (this) {
                    if (closed) {
                        throw new Closed();
                    }
                    if (held > 0) {
                        return true;
                    }
                    if (ended) {
                        if (failure != null) {
                            throw failure;
                        }
                        return false;
                    }
                }
                long left = end - System.nanoTime();
                if (left <= 0) {
                    throw new TimedOut();
                }
                LockSupport.parkNanos(this, left);
                if (Thread.currentThread().isInterrupted()) {
                    throw new InterruptedIOException("interrupted while reading");
                }
            }
        } finally {
            synchronized (this) {
                reader = null;
            }
        }
    }

    private synchronized int take(ByteBuffer into) {
        int n = 0;
        while (into.hasRemaining() && held > 0) {
            byte[] first = Objects.requireNonNull(arrived.peek());
            int k = Math.min(first.length - offset, into.remaining());
            into.put(first, offset, k);
            offset += k;
            n += k;
            held -= k;
            if (offset == first.length) {
                arrived.remove();
                offset = 0;
            }
        }
        return n;
    }

    @Override
    void write(ByteBuffer data, long stall) throws IOException {
        byte[] copy = new byte[data.remaining()];
        data.get(copy);
        send(copy, stall);
    }

    @Override
    void write(ByteBuffer[] data, int count, long stall) throws IOException {
        int total = 0;
        for (int i = 0; i < count; i++) {
            total += data[i].remaining();
        }
        byte[] copy = new byte[total];
        int at = 0;
        for (int i = 0; i < count; i++) {
            int n = data[i].remaining();
            data[i].get(copy, at, n);
            at += n;
        }
        send(copy, stall);
    }

    private void send(byte[] data, long stall) throws IOException {
        within(stall, () -> carrier.write(data));
    }

    /** What may block. */
    @FunctionalInterface
    interface Blocking {
        void run() throws IOException;
    }

    /** Does what may block, such as a handshake, and closes the wire when it takes longer than the limit. */
    void within(long limit, Blocking action) throws IOException {
        if (closed) {
            throw new Closed();
        }
        writeDeadline = in(limit);
        writing = true;
        try {
            action.run();
        } catch (IOException e) {
            throw writeTimedOut ? new TimedOut() : closed ? new Closed() : e;
        } finally {
            writing = false;
        }
    }

    @Override
    void watch(Watcher w, long idle) {
        synchronized (this) {
            if (!ended && !closed && (held == 0 || w.maySpeak())) {
                watcher = w;
                watchDeadline = in(idle);
                if (held < READ_AHEAD) {
                    startPump();
                }
                return;
            }
        }
        w.left();
    }

    @Override
    void unwatch() {
        while (true) {
            synchronized (this) {
                watcher = null;
                if (!telling) {
                    return;
                }
            }
            Thread.onSpinWait();
        }
    }

    @Override
    boolean tick(long now) {
        if (closed) {
            return false;
        }
        if (writing && over(writeDeadline, now)) {
            writeTimedOut = true;
            close();
            return false;
        }
        Watcher late = null;
        synchronized (this) {
            if (watcher != null && over(watchDeadline, now)) {
                late = watcher;
                watcher = null;
                telling = true;
            }
        }
        if (late != null) {
            tell(late, true);
        }
        return true;
    }

    @Override
    void endOutput() {
        // TLS has no half-close that a plain reader would see
    }

    @Override
    void close() {
        synchronized (this) {
            if (closed) {
                return;
            }
            closed = true;
            LockSupport.unpark(reader);
        }
        carrier.cut();
    }

    @Override
    void dispose() {
        unwatch();
        closed = true;
        carrier.dispose();
    }

    @Override
    boolean closed() {
        return closed;
    }
}
