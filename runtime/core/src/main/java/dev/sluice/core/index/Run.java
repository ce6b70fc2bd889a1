package dev.sluice.core.index;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Blocks that follow each other without a branch: a node of the prefix tree. Found by the hash of its first block. */
final class Run {
    /** Bytes that a run costs beside its hashes: object, array header and its share of the table. */
    static final int COST = 48 + 16 + 12;

    long[] hashes;
    /** Who holds this run; newest first. */
    @Nullable
    Hold holds;

    private @Nullable Run parent;

    @Nullable
    Run child;

    private @Nullable Run before;

    @Nullable
    Run sibling;

    Run(long[] hashes, @Nullable Run parent) {
        this.hashes = hashes;
        if (parent != null) {
            join(parent);
        }
    }

    long key() {
        return hashes[0];
    }

    int length() {
        return hashes.length;
    }

    private void join(Run newParent) {
        parent = newParent;
        before = null;
        sibling = newParent.child;
        if (sibling != null) {
            sibling.before = this;
        }
        newParent.child = this;
    }

    /** Leaves the parent; the run must have no children. */
    void leave() {
        if (sibling != null) {
            sibling.before = before;
        }
        if (before != null) {
            before.sibling = sibling;
        } else if (parent != null) {
            parent.child = sibling;
        }
        parent = null;
        before = null;
        sibling = null;
    }

    /** Puts a new run with the first {@code blocks} hashes between this run and its parent; this one keeps its children. */
    Run cutHead(int blocks) {
        Run head = new Run(Arrays.copyOf(hashes, blocks), parent);
        leave();
        hashes = Arrays.copyOfRange(hashes, blocks, hashes.length);
        join(head);
        return head;
    }

    /**
     * Number of blocks that this run and {@code path[at..count)} have in common at their start. A hash stands for all blocks
     * before it too, so equality is monotone: the last block decides for all, and the border is found by halving.
     */
    int common(long[] path, int at, int count) {
        return common(hashes, path, at, count);
    }

    static int common(long[] run, long[] path, int at, int count) {
        int low = 0;
        int high = Math.min(run.length, count - at);
        int middle = high;
        while (low < high) {
            if (run[middle - 1] == path[at + middle - 1]) {
                low = middle;
            } else {
                high = middle - 1;
            }
            middle = (low + high + 1) >>> 1;
        }
        return low;
    }

    /** The slot's hold on this run. */
    @Nullable
    Hold hold(int slot) {
        Hold hold = holds;
        while (hold != null && hold.slot != slot) {
            hold = hold.next;
        }
        return hold;
    }

    void unlink(Hold gone) {
        if (holds == gone) {
            holds = gone.next;
            return;
        }
        for (Hold hold = holds; hold != null; hold = hold.next) {
            if (hold.next == gone) {
                hold.next = gone.next;
                return;
            }
        }
    }
}
