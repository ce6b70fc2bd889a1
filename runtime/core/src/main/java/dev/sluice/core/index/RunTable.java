package dev.sluice.core.index;

import java.lang.invoke.VarHandle;
import org.jspecify.annotations.Nullable;

/** Runs by the hash of their first block: open addressing, linear probing, deletion by shifting back. */
final class RunTable {
    private @Nullable Run[] cells = new @Nullable Run[1024];
    private int size;

    @Nullable
    Run find(long key) {
        @Nullable Run[] table = cells;
        int mask = table.length - 1;
        int cell = home(key, mask);
        for (int step = 0; step <= mask; step++) {
            Run run = table[cell];
            if (run == null || run.hashes[0] == key) {
                return run;
            }
            cell = cell + 1 & mask;
        }
        return null;
    }

    /** Puts a run in; one with the same key gives way. */
    void put(Run run) {
        if (2 * (size + 1) > cells.length) {
            grow();
        }
        int cell = cellOf(run.key());
        if (cells[cell] == null) {
            size++;
        }
        // Readers come without a lock: they must not meet a run before its hashes.
        VarHandle.releaseFence();
        cells[cell] = run;
    }

    void remove(Run run) {
        int mask = cells.length - 1;
        int hole = cellOf(run.key());
        if (cells[hole] != run) {
            return;
        }
        size--;
        int cell = hole + 1 & mask;
        for (Run next = cells[cell]; next != null; next = cells[cell]) {
            if ((cell - home(next.key(), mask) & mask) >= (cell - hole & mask)) {
                cells[hole] = next;
                hole = cell;
            }
            cell = cell + 1 & mask;
        }
        cells[hole] = null;
    }

    private int cellOf(long key) {
        int mask = cells.length - 1;
        int cell = home(key, mask);
        for (Run run = cells[cell]; run != null && run.key() != key; run = cells[cell]) {
            cell = cell + 1 & mask;
        }
        return cell;
    }

    private void grow() {
        @Nullable Run[] old = cells;
        @Nullable Run[] wider = new @Nullable Run[2 * old.length];
        int mask = wider.length - 1;
        for (Run run : old) {
            if (run != null) {
                int cell = home(run.key(), mask);
                while (wider[cell] != null) {
                    cell = cell + 1 & mask;
                }
                wider[cell] = run;
            }
        }
        VarHandle.releaseFence();
        cells = wider;
    }

    private static int home(long key, int mask) {
        return (int) (key ^ key >>> 32) & mask;
    }
}
