package dev.sluice.core.kv;

import org.jspecify.annotations.Nullable;

/**
 * One of each set of holders that is in use. A set is found by a hash that a change of one member turns into that of the next
 * set in two steps (Zobrist hashing), so that going from one set to another costs one look into a table. One writer.
 */
final class HolderSets {
    private static final int FEWEST = 4096;
    private @Nullable Holders[] cells = new @Nullable Holders[1024];
    private int size;
    private int mark;
    private int sweepAt = FEWEST;
    /** The last change: the blocks of an event change alike. */
    private Holders lastFrom = Holders.NONE;

    private int lastLane = -1;
    private int lastAfter;
    private Holders lastTo = Holders.NONE;

    /** The set that differs from another in one lane: held there in the tiers {@code before}, and from now on in other ones. */
    Holders change(Holders from, int lane, int before, int after) {
        if (from.size == 1 && after == 0) {
            return Holders.NONE;
        }
        if (from == lastFrom && lane == lastLane && after == lastAfter) {
            return lastTo;
        }
        Holders to = find(from, lane, before, after);
        lastFrom = from;
        lastLane = lane;
        lastAfter = after;
        lastTo = to;
        return to;
    }

    private Holders find(Holders from, int lane, int before, int after) {
        long hash = from.hash ^ member(lane, before) ^ member(lane, after);
        int count = from.size + (before == 0 ? 1 : 0) - (after == 0 ? 1 : 0);
        int mask = cells.length - 1;
        int cell = (int) hash & mask;
        for (Holders found = cells[cell]; found != null; found = cells[cell]) {
            if (found.hash == hash && found.size == count && found.mask(lane) == after) {
                return found;
            }
            cell = cell + 1 & mask;
        }
        Holders made = from.with(lane, after, hash);
        cells[cell] = made;
        if (2 * ++size > cells.length) {
            resize(2 * cells.length, false);
        }
        return made;
    }

    private static long member(int lane, int mask) {
        if (mask == 0) {
            return 0;
        }
        // The finaliser of SplitMix64.
        long z = (lane * 8L + mask) * 0x9E3779B97F4A7C15L;
        z = (z ^ z >>> 30) * 0xBF58476D1CE4E5B9L;
        z = (z ^ z >>> 27) * 0x94D049BB133111EBL;
        return z ^ z >>> 31;
    }

    /** True when there are so many that those out of use should be forgotten. */
    boolean many() {
        return size > sweepAt;
    }

    /** Begins a sweep: from now on what {@link #used} sees is kept. */
    void beginSweep() {
        mark++;
    }

    void used(Holders set) {
        set.mark = mark;
    }

    /** Forgets all sets that were not seen. */
    void endSweep() {
        lastLane = -1;
        int left = 0;
        for (Holders set : cells) {
            left += set != null && set.mark == mark ? 1 : 0;
        }
        int wide = 1024;
        while (wide < 4 * left) {
            wide *= 2;
        }
        resize(wide, true);
        sweepAt = Math.max(FEWEST, 2 * left);
    }

    int size() {
        return size;
    }

    private void resize(int width, boolean marked) {
        @Nullable Holders[] old = cells;
        cells = new @Nullable Holders[width];
        size = 0;
        for (Holders set : old) {
            if (set != null && (!marked || set.mark == mark)) {
                int cell = (int) set.hash & width - 1;
                while (cells[cell] != null) {
                    cell = cell + 1 & width - 1;
                }
                cells[cell] = set;
                size++;
            }
        }
    }
}
