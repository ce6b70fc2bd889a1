package dev.sluice.core.kv;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * Leads from keys to node numbers: buckets of 7 cells and a count, 32 bytes each, as in Facebook's F14. A cell is a node number
 * and 8 bits of the key's hash, so that nearly every look at a key is the last one. What finds its bucket full goes to
 * the next with room, and the counts of the buckets that it passed say that somebody did.
 *
 * <p>Nothing is ever moved, so readers need no lock: counts are raised before a cell that needs them is written, and lowered after
 * it is emptied. A table that has become too small is replaced by another and stays as it was for those who still read it.
 */
final class NodeTable {
    private static final VarHandle CELL = MethodHandles.arrayElementVarHandle(int[].class);
    private static final int WIDTH = 8;
    private static final int ROOM = WIDTH - 1;
    private static final int NODE = 0xFFFFFF;

    private final int[] cells;
    private final int buckets;

    /** A table that is two thirds full with so many nodes. */
    NodeTable(int nodes) {
        buckets = Math.max(8, (int) (nodes * 3L / (2 * ROOM)) + 1);
        cells = new int[buckets * WIDTH];
    }

    /** Nodes beyond which it should be replaced by a larger one. */
    int most() {
        return (int) (4L * ROOM * buckets / 5);
    }

    /** Where a key's search begins. */
    int home(long hash) {
        return (int) Math.unsignedMultiplyHigh(hash, buckets) * WIDTH;
    }

    static long hash(long key) {
        return key * 0x9E3779B97F4A7C15L;
    }

    /** Looks at the memory that a search will need, so that several searches wait for it at once. */
    int touch(long key) {
        int home = home(hash(key));
        return cells[home] ^ cells[home + ROOM];
    }

    void add(long key, int node) {
        long hash = hash(key);
        int bucket = home(hash);
        while (true) {
            for (int i = bucket; i < bucket + ROOM; i++) {
                if (cells[i] == 0) {
                    CELL.setRelease(cells, i, tag(hash) | node + 1);
                    return;
                }
            }
            CELL.setRelease(cells, bucket + ROOM, cells[bucket + ROOM] + 1);
            bucket = next(bucket);
        }
    }

    void remove(long key, int node) {
        int home = home(hash(key));
        int bucket = home;
        while (!empty(bucket, node)) {
            bucket = next(bucket);
        }
        for (int passed = home; passed != bucket; passed = next(passed)) {
            CELL.setRelease(cells, passed + ROOM, cells[passed + ROOM] - 1);
        }
    }

    private boolean empty(int bucket, int node) {
        for (int i = bucket; i < bucket + ROOM; i++) {
            if ((cells[i] & NODE) == node + 1) {
                CELL.setRelease(cells, i, 0);
                return true;
            }
        }
        return false;
    }

    /** The node of a key in these pages of keys, or -1. */
    int find(long key, long[][] keys) {
        long hash = hash(key);
        int tag = tag(hash);
        int bucket = home(hash);
        for (int step = 0; step < buckets; step++) {
            for (int i = bucket; i < bucket + ROOM; i++) {
                int cell = (int) CELL.getAcquire(cells, i);
                if ((cell & ~NODE) == tag && cell != 0) {
                    int node = (cell & NODE) - 1;
                    if (Nodes.key(keys, node) == key) {
                        return node;
                    }
                }
            }
            if ((int) CELL.getAcquire(cells, bucket + ROOM) == 0) {
                return -1;
            }
            bucket = next(bucket);
        }
        return -1;
    }

    private int next(int bucket) {
        return bucket + WIDTH == cells.length ? 0 : bucket + WIDTH;
    }

    private static int tag(long hash) {
        return (int) hash & ~NODE;
    }
}
