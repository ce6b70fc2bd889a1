package dev.sluice.core.index;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.locks.StampedLock;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

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
    private final RunTable runs = new RunTable();
    private Slot[] slots;
    private final long maxBytes;
    private final int defaultCapacity;
    private long bytes;
    private long blocks;
    private long now;

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
        this.slots = new Slot[slots];
        Arrays.setAll(this.slots, slot -> new Slot(capacity));
        this.maxBytes = maxBytes;
        this.defaultCapacity = capacity;
    }

    /** Number of slots that there is room for now. */
    public int slots() {
        return (int) locked(() -> slots.length);
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
                int best = walk(hashes, count, blocksPerSlot);
                if (lock.validate(stamp)) {
                    return best;
                }
            }
        }
        long stamp = lock.readLock();
        try {
            return walk(hashes, count, blocksPerSlot);
        } finally {
            lock.unlockRead(stamp);
        }
    }

    private int walk(long[] path, int count, int[] found) {
        Arrays.fill(found, 0);
        int at = 0;
        int best = 0;
        boolean on = true;
        while (on && at < count) {
            Run run = runs.find(path[at]);
            if (run == null) {
                break;
            }
            long[] hashes = run.hashes;
            int same = Run.common(hashes, path, at, count);
            on = false;
            for (Hold hold = run.holds; hold != null; hold = hold.next) {
                if (hold.slot < found.length && found[hold.slot] == at) {
                    int held = Math.min(hold.held, same);
                    found[hold.slot] = at + held;
                    best = Math.max(best, at + held);
                    on |= held == hashes.length;
                }
            }
            at += same;
        }
        return best;
    }

    /** Notes that a slot now holds a prompt's first {@code count} blocks, and that they were used just now. */
    public void insert(int slot, long[] hashes, int count) {
        long stamp = lock.writeLock();
        try {
            reach(slot);
            now++;
            touch(slot, hashes, count);
            shrink(slot);
            while (bytes > maxBytes && forgetOldest()) {}
        } finally {
            lock.unlockWrite(stamp);
        }
    }

    private void reach(int slot) {
        int old = slots.length;
        if (slot >= old) {
            slots = Arrays.copyOf(slots, Math.max(slot + 1, 2 * old));
            for (int i = old; i < slots.length; i++) {
                slots[i] = new Slot(defaultCapacity);
            }
        }
    }

    private void touch(int slot, long[] path, int count) {
        Run parent = null;
        Hold newer = null;
        int at = 0;
        while (at < count) {
            Run run = runs.find(path[at]);
            if (run == null) {
                run = new Run(Arrays.copyOfRange(path, at, count), parent);
                runs.put(run);
                bytes += Run.COST + 8L * run.length();
            }
            int same = run.common(path, at, count);
            Hold hold = run.hold(slot);
            boolean ends = at + same == count;
            if (same < run.length() && (!ends || (hold != null && hold.held > same))) {
                run = split(run, same);
                hold = run.hold(slot);
            }
            hold = hold(run, slot, hold, newer);
            if (same > hold.held) {
                count(slot, same - hold.held);
                hold.held = same;
            }
            newer = hold;
            parent = run;
            at += same;
        }
    }

    /** The slot's hold on a run, made if need be, touched now and in its place behind the one before it on the path. */
    private Hold hold(Run run, int slot, @Nullable Hold old, @Nullable Hold newer) {
        Hold hold = old;
        if (hold == null) {
            hold = new Hold(run, slot, 0, now);
            run.holds = hold;
            bytes += Hold.COST;
        } else {
            hold.stamp = now;
            slots[slot].unlink(hold);
        }
        slots[slot].link(hold, newer);
        return hold;
    }

    /** Cuts a run in two and returns its head. Blocks at the end that nobody holds are dropped. */
    private Run split(Run run, int at) {
        runs.remove(run);
        Run head = run.cutHead(at);
        bytes += Run.COST;
        Hold kept = null;
        Hold last = null;
        for (Hold hold = run.holds; hold != null; hold = hold.next) {
            Slot slot = slots[hold.slot];
            Hold first = new Hold(head, hold.slot, Math.min(hold.held, at), hold.stamp);
            head.holds = first;
            slot.link(first, hold.newer);
            if (hold.held > at) {
                hold.held -= at;
                bytes += Hold.COST;
                if (kept == null) {
                    kept = hold;
                } else if (last != null) {
                    last.next = hold;
                }
                last = hold;
            } else {
                slot.unlink(hold);
            }
        }
        if (last != null) {
            last.next = null;
        }
        run.holds = kept;
        runs.put(head);
        if (kept == null) {
            drop(run);
        } else {
            runs.put(run);
        }
        return head;
    }

    private void count(int slot, int more) {
        slots[slot].blocks += more;
        blocks += more;
    }

    private void shrink(int slot) {
        Slot owner = slots[slot];
        while (owner.blocks > owner.capacity && owner.oldest != null) {
            keep(owner.oldest, owner.oldest.held - (owner.blocks - owner.capacity));
        }
    }

    /** Leaves the first blocks of a hold; none, and the hold is gone. */
    private void keep(Hold hold, int kept) {
        if (kept >= hold.held) {
            return;
        }
        count(hold.slot, Math.max(0, kept) - hold.held);
        if (kept > 0) {
            hold.held = kept;
            return;
        }
        slots[hold.slot].unlink(hold);
        hold.run.unlink(hold);
        bytes -= Hold.COST;
        if (hold.run.holds == null) {
            runs.remove(hold.run);
            drop(hold.run);
        }
    }

    private void drop(Run run) {
        run.leave();
        bytes -= Run.COST + 8L * run.length();
    }

    private boolean forgetOldest() {
        Hold oldest = null;
        for (Slot slot : slots) {
            if (slot.oldest != null && (oldest == null || slot.oldest.stamp < oldest.stamp)) {
                oldest = slot.oldest;
            }
        }
        if (oldest != null) {
            keep(oldest, 0);
        }
        return oldest != null;
    }

    /**
     * Corrects the index: the slot's engine found only the first {@code keep} blocks of this prompt. The slot loses the blocks
     * behind them and all that it holds that goes on from those, since no engine finds a block whose prefix it has lost.
     */
    public void truncate(int slot, long[] hashes, int count, int keep) {
        long stamp = lock.writeLock();
        try {
            int at = 0;
            Run run = count > Math.max(0, keep) ? runs.find(hashes[0]) : null;
            while (run != null) {
                int same = run.common(hashes, at, count);
                if (keep < at + same) {
                    cutOff(run, slot, Math.max(0, keep - at));
                    return;
                }
                at += same;
                run = same == run.length() && at < count ? runs.find(hashes[at]) : null;
            }
        } finally {
            lock.unlockWrite(stamp);
        }
    }

    private void cutOff(Run top, int slot, int kept) {
        Hold hold = top.hold(slot);
        if (hold == null || hold.held <= kept) {
            return;
        }
        List<Hold> behind = new ArrayList<>();
        behind.add(hold);
        for (int i = 0; i < behind.size(); i++) {
            for (Run child = behind.get(i).run.child; child != null; child = child.sibling) {
                Hold next = child.hold(slot);
                if (next != null) {
                    behind.add(next);
                }
            }
        }
        for (int i = behind.size() - 1; i > 0; i--) {
            keep(behind.get(i), 0);
        }
        keep(hold, kept);
    }

    /** Sets how many blocks a slot holds before it forgets its oldest, at least 1. */
    public void setCapacity(int slot, int blocks) {
        long stamp = lock.writeLock();
        try {
            reach(slot);
            slots[slot].capacity = Math.max(1, blocks);
            shrink(slot);
        } finally {
            lock.unlockWrite(stamp);
        }
    }

    /** Forgets all of a slot, its capacity too. After it the slot may stand for another endpoint. */
    public void removeSlot(int slot) {
        long stamp = lock.writeLock();
        try {
            reach(slot);
            Slot owner = slots[slot];
            while (owner.oldest != null) {
                keep(owner.oldest, 0);
            }
            owner.capacity = defaultCapacity;
        } finally {
            lock.unlockWrite(stamp);
        }
    }

    /** Blocks that a slot holds. */
    public int size(int slot) {
        return (int) locked(() -> slot < slots.length ? slots[slot].blocks : 0);
    }

    /** Pairs of a block and a slot that holds it. */
    public long blocks() {
        return locked(() -> blocks);
    }

    /** Memory in use, by an estimate, in bytes. */
    public long bytes() {
        return locked(() -> bytes);
    }

    private long locked(LongSupplier read) {
        long stamp = lock.readLock();
        try {
            return read.getAsLong();
        } finally {
            lock.unlockRead(stamp);
        }
    }
}
