package dev.sluice.simulator;

import java.util.Arrays;

/**
 * Map from long to non-negative int without boxing: open addressing with linear probing, at most half full, and backward-shift
 * deletion, so that an engine that evicts millions of blocks never collects tombstones.
 */
final class LongIntMap {
    static final int ABSENT = -1;
    private long[] keys;
    private int[] values;
    private int size;

    LongIntMap(int expected) {
        var capacity = Math.max(16, Integer.highestOneBit(Math.max(1, expected)) << 2);
        keys = new long[capacity];
        values = new int[capacity];
        Arrays.fill(values, ABSENT);
    }

    int size() {
        return size;
    }

    int get(long key) {
        var mask = keys.length - 1;
        for (var i = slot(key, mask); values[i] != ABSENT; i = (i + 1) & mask) {
            if (keys[i] == key) {
                return values[i];
            }
        }
        return ABSENT;
    }

    /** Sets the value and returns the earlier one, or {@link #ABSENT}. */
    int put(long key, int value) {
        var mask = keys.length - 1;
        var i = slot(key, mask);
        while (values[i] != ABSENT) {
            if (keys[i] == key) {
                var before = values[i];
                values[i] = value;
                return before;
            }
            i = (i + 1) & mask;
        }
        keys[i] = key;
        values[i] = value;
        if (++size * 2 > keys.length) {
            grow();
        }
        return ABSENT;
    }

    int remove(long key) {
        var mask = keys.length - 1;
        var i = slot(key, mask);
        while (values[i] != ABSENT && keys[i] != key) {
            i = (i + 1) & mask;
        }
        var found = values[i];
        if (found == ABSENT) {
            return ABSENT;
        }
        size--;
        var hole = i;
        for (var j = (i + 1) & mask; values[j] != ABSENT; j = (j + 1) & mask) {
            var home = slot(keys[j], mask);
            // The entry at j may move back into the hole only when its home is not after the hole on the way to j.
            if (((j - home) & mask) >= ((j - hole) & mask)) {
                keys[hole] = keys[j];
                values[hole] = values[j];
                hole = j;
            }
        }
        values[hole] = ABSENT;
        return found;
    }

    /** A copy of the keys, in no particular order. */
    long[] keys() {
        var all = new long[size];
        var n = 0;
        for (var i = 0; i < keys.length; i++) {
            if (values[i] != ABSENT) {
                all[n++] = keys[i];
            }
        }
        return all;
    }

    private void grow() {
        var oldKeys = keys;
        var oldValues = values;
        keys = new long[oldKeys.length * 2];
        values = new int[keys.length];
        Arrays.fill(values, ABSENT);
        size = 0;
        for (var i = 0; i < oldKeys.length; i++) {
            if (oldValues[i] != ABSENT) {
                put(oldKeys[i], oldValues[i]);
            }
        }
    }

    private static int slot(long key, int mask) {
        return (int) (Hashes.mix(key) >>> 32) & mask;
    }
}
