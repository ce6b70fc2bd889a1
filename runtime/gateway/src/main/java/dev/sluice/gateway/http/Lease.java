package dev.sluice.gateway.http;

import java.lang.foreign.Arena;
import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * A borrowed direct buffer; sizes are powers of two from 8 KiB, reused last in, first out. What it contains at first is
 * anybody's old bytes. Up to 1 MiB a buffer stays with the process once made; larger ones are kept up to a bound, else
 * given back to the system at once and not when the collector gets to it. Not thread-safe; released exactly once. All of it
 * counts towards {@code -XX:MaxDirectMemorySize}, which is the heap's size unless set: a busy connection holds 8 to 24 KiB.
 */
final class Lease {
    /** What a connection works with while it is busy. */
    static final int SMALL = 16 << 10;

    private static final int SMALLEST = 13;
    private static final int LARGEST = 30;
    private static final int LARGEST_DIRECT = 1 << 20;
    private static final int KEPT = 32 << 20;
    private static final Shelf[] SHELVES = new Shelf[LARGEST + 1];

    static {
        for (int i = SMALLEST; i <= LARGEST; i++) {
            SHELVES[i] = new Shelf(1 << i <= LARGEST_DIRECT ? Integer.MAX_VALUE : KEPT >> i);
        }
    }

    final ByteBuffer bytes;
    private final @Nullable Arena arena;
    private final Shelf shelf;

    private Lease(ByteBuffer bytes, @Nullable Arena arena, Shelf shelf) {
        this.bytes = bytes;
        this.arena = arena;
        this.shelf = shelf;
    }

    /** Borrows a cleared buffer of {@link #SMALL} bytes. */
    static Lease small() {
        return of(SMALL);
    }

    /**
     * Borrows a cleared buffer.
     *
     * @param atLeast bytes, up to 1 GiB
     * @throws OutOfMemoryError when there is no more memory of this kind
     */
    static Lease of(int atLeast) {
        int sizeClass = Math.max(SMALLEST, 32 - Integer.numberOfLeadingZeros(Math.max(1, atLeast - 1)));
        Shelf shelf = SHELVES[sizeClass];
        Lease kept = shelf.pop();
        if (kept != null) {
            kept.bytes.clear();
            return kept;
        }
        int size = 1 << sizeClass;
        if (size <= LARGEST_DIRECT) {
            return new Lease(ByteBuffer.allocateDirect(size), null, shelf);
        }
        Arena arena = Arena.ofShared();
        return new Lease(arena.allocate(size).asByteBuffer(), arena, shelf);
    }

    int capacity() {
        return bytes.capacity();
    }

    /** Gives the buffer back. */
    void release() {
        if (!shelf.push(this) && arena != null) {
            arena.close();
        }
    }

    /**
     * A stack of buffers of one size, without a lock: whoever were stopped while holding one would stop the loop. Each push
     * makes a node of its own, so that a stack which looks the same is the same. The two topmost stand apart: a loop that
     * borrows one to read into and one to write from, and gives them back, makes no nodes.
     */
    private static final class Shelf {
        private final int most;
        private final AtomicReference<@Nullable Lease> top = new AtomicReference<>();
        private final AtomicReference<@Nullable Lease> second = new AtomicReference<>();
        private final AtomicReference<@Nullable Node> rest = new AtomicReference<>();

        Shelf(int most) {
            this.most = most;
        }

        @Nullable
        Lease pop() {
            Lease newest = top.get() == null ? null : top.getAndSet(null);
            if (newest != null) {
                return newest;
            }
            newest = second.get() == null ? null : second.getAndSet(null);
            if (newest != null) {
                return newest;
            }
            while (true) {
                Node first = rest.get();
                if (first == null) {
                    return null;
                }
                if (rest.compareAndSet(first, first.below())) {
                    return first.lease();
                }
            }
        }

        /** False when there are enough: it is not kept. */
        boolean push(Lease lease) {
            if (most < 1) {
                return false;
            }
            if ((top.get() == null && top.compareAndSet(null, lease))
                    || (second.get() == null && second.compareAndSet(null, lease))) {
                return true;
            }
            while (true) {
                Node first = rest.get();
                int depth = first == null ? 1 : first.depth() + 1;
                if (depth >= most) {
                    return false;
                }
                if (rest.compareAndSet(first, new Node(lease, first, depth))) {
                    return true;
                }
            }
        }

        private record Node(Lease lease, @Nullable Node below, int depth) {}
    }
}
