package dev.sluice.gateway.http;

import java.io.IOException;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * The bytes of one connection, below HTTP. One thread reads and writes, as plain blocking calls with time limits; while it
 * does something else it may have the wire watched, and then learns when the other side leaves. Only {@link #close} may
 * come from any other thread.
 */
abstract sealed class Wire permits ChannelWire, SocketWire {
    /** No time limit. */
    static final long FOREVER = Long.MAX_VALUE / 2;

    /** A time limit is over; the wire still works where the transport allows it. */
    static final class TimedOut extends IOException {
        TimedOut() {
            super("time limit over");
        }

        /** Happens to each peer that is slow, and says nothing about where. */
        @Override
        public synchronized Throwable fillInStackTrace() {
            return this;
        }
    }

    /** The wire was closed by our own side. */
    static final class Closed extends IOException {
        Closed() {
            super("closed here");
        }
    }

    /** Told, on a thread that must not be blocked, what happens to a wire that nobody reads. */
    interface Watcher {
        /** The other side left, or spoke where it must not. Called at most once per watch. */
        void left();

        /** Whether the other side may speak: what it says is kept for the next read. */
        boolean maySpeak();

        /**
         * Where it may speak, what it has said so far that nobody has read; from the buffer's start to its position.
         *
         * @return true to end the watch
         */
        default boolean heard(ByteBuffer soFar) {
            return false;
        }

        /** The watch's own time limit is over. Called at most once per watch. */
        default void expired() {}
    }

    /**
     * Reads until {@code atLeast} bytes have been added to {@code into}, or more when they are there.
     *
     * @param idle nanoseconds that each pause may take
     * @param deadline {@link System#nanoTime} by which it must be done
     * @return bytes added; fewer than {@code atLeast} only at the end of the stream, then possibly 0
     * @throws TimedOut either limit
     */
    abstract int read(ByteBuffer into, int atLeast, long idle, long deadline) throws IOException;

    /**
     * Reads at least one byte into a buffer that has room. Where waiting on costs nothing, it waits for the end of a line, or until the
     * buffer is full: a peer that drips wakes nobody for each byte.
     *
     * @param deadline {@link System#nanoTime} by which it must be done
     * @return bytes added; 0 only at the end of the stream
     * @throws TimedOut the limit
     */
    int readLine(ByteBuffer into, long deadline) throws IOException {
        return read(into, 1, FOREVER, deadline);
    }

    /**
     * Waits for bytes without holding a buffer.
     *
     * @param size of the buffer, at least; more than that may not come at once
     * @return a buffer whose position is after the bytes, or null at the end of the stream
     */
    abstract @Nullable Lease readFresh(int size, long idle) throws IOException;

    /**
     * Lets others go first, where the next write would be better for it; called before a buffer is borrowed for what is written,
     * so that nobody waits while holding one. Else the write does it.
     */
    void gather() {}

    /** Writes all of it, in as few system calls as there can be; {@code stall} is the longest wait without progress. */
    abstract void write(ByteBuffer data, long stall) throws IOException;

    /** Writes all of the first {@code count} buffers. */
    abstract void write(ByteBuffer[] data, int count, long stall) throws IOException;

    /** Begins to watch; nobody reads until {@link #unwatch}. */
    abstract void watch(Watcher watcher, long idle);

    /** Ends the watch. Afterwards the watcher is not called any more. Harmless when there is none. */
    abstract void unwatch();

    /** Ends our direction of the stream, as far as the transport can. */
    abstract void endOutput();

    /** Closes at once; a thread that reads or writes gets {@link Closed}. */
    abstract void close();

    /** Closes and gives what the wire holds back; by its owner, as the last call. */
    abstract void dispose();

    abstract boolean closed();

    /** Looks at time limits; on the loop's thread. False when the wire is done with. */
    abstract boolean tick(long now);

    /** Nanoseconds from now, saturating. */
    static long in(long nanos) {
        return System.nanoTime() + Math.min(nanos, FOREVER);
    }

    /** Time limits count from an arbitrary origin: compare by difference. */
    static boolean over(long deadline, long now) {
        return deadline - now <= 0;
    }
}
