package dev.sluice.core.index;

import java.util.concurrent.locks.StampedLock;
import java.util.function.LongSupplier;

/**
 * Which endpoint probably holds which blocks: what was sent where, forgotten in the order in which engines forget.
 *
 * <p><b>Shape.</b> A tree of runs, as engines' own radix caches are. A block's hash stands for its whole prefix, so a run is
 * found by the hash of its first block alone, and whether a prompt follows a run to its end is one comparison. A prompt of
 * thousands of blocks costs as many steps as it has branches, and a block costs 8 bytes however many slots hold it; each slot
 * that holds a run costs 48 more.
 *
 * <p><b>Invariant.</b> A slot that holds a block holds all blocks before it. Inserting touches the whole path and leaves its
 * head newer than its tail, so the oldest hold of a slot is always a leaf for it, and forgetting from the oldest, last block
 * first, keeps the invariant. That is also what vLLM does: a finished request's blocks are freed tail first.
 *
 * <p><b>Threads.</b> Writers take turns. Readers look without a lock and check afterwards that nobody wrote, else they look
 * again under the read lock. What they meet meanwhile is harmless: lists only lead to older elements, positions only grow.
 * The same calls in the same order give the same results.
 */
public final class PrefixIndex {
    private final StampedLock lock = new StampedLock();
    private final PrefixTree tree;

    /**
     * An empty index.
     *
     * @param slots number of slots to begin with, at least 1; a slot stands for one endpoint. More appear as they are used
     * @param capacity blocks that a slot holds before it forgets, until {@link #setCapacity} says otherwise, at least 1
     * @param maxBytes memory for all slots together, by an estimate; beyond it the oldest of all is forgotten
     */
    public PrefixIndex(int slots, int capacity, long maxBytes) {
        if (slots < 1 || capacity < 1 || maxBytes < 1) {
            throw new IllegalArgumentException("slots, capacity and bytes must be positive");
        }
        tree = new PrefixTree(slots, capacity, maxBytes);
    }

    /** Number of slots that there is room for now. */
    public int slots() {
        return (int) read(tree::slots);
    }

    /**
     * How much of a prompt each slot holds.
     *
     * @param hashes the prompt's chain
     * @param count hashes of it that count
     * @param blocksPerSlot filled in: for each slot the number of leading blocks it probably holds; slots beyond its length
     *     are left out
     * @return the largest of them
     */
    public int match(long[] hashes, int count, int[] blocksPerSlot) {
        for (int attempt = 0; attempt < 3; attempt++) {
            long stamp = lock.tryOptimisticRead();
            if (stamp != 0) {
                int best = tree.match(hashes, count, blocksPerSlot);
                if (lock.validate(stamp)) {
                    return best;
                }
            }
        }
        return (int) read(() -> tree.match(hashes, count, blocksPerSlot));
    }

    /** Notes that a slot now holds a prompt's first {@code count} blocks, and that they were used just now. */
    public void insert(int slot, long[] hashes, int count) {
        write(() -> tree.insert(slot, hashes, count));
    }

    /**
     * Corrects the index: the slot's engine found only the first {@code keep} blocks of this prompt. The slot loses the blocks
     * behind them and all that it holds that goes on from those, since no engine finds a block whose prefix it has lost.
     */
    public void truncate(int slot, long[] hashes, int count, int keep) {
        write(() -> tree.truncate(slot, hashes, count, keep));
    }

    /** Sets how many blocks a slot holds before it forgets its oldest, at least 1. */
    public void setCapacity(int slot, int blocks) {
        write(() -> tree.setCapacity(slot, blocks));
    }

    /** Forgets all of a slot, its capacity too. After it the slot may stand for another endpoint. */
    public void removeSlot(int slot) {
        write(() -> tree.removeSlot(slot));
    }

    /** Blocks that a slot holds. */
    public int size(int slot) {
        return (int) read(() -> tree.size(slot));
    }

    /** Pairs of a block and a slot that holds it. */
    public long blocks() {
        return read(tree::blocks);
    }

    /** Memory in use, by an estimate, in bytes. */
    public long bytes() {
        return read(tree::bytes);
    }

    private long read(LongSupplier reader) {
        long stamp = lock.readLock();
        try {
            return reader.getAsLong();
        } finally {
            lock.unlockRead(stamp);
        }
    }

    private void write(Runnable writer) {
        long stamp = lock.writeLock();
        try {
            writer.run();
        } finally {
            lock.unlockWrite(stamp);
        }
    }
}
