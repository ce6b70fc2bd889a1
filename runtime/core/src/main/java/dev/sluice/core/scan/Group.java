package dev.sluice.core.scan;

import java.util.Arrays;

/** The members of one object that edits may change: where the object, each key and each value begins and ends. */
final class Group {
    /** Offset of the opening brace. */
    final int open;

    private int close;
    private int count;
    private int[] cells = new int[4 * 12];
    private Key[] keys = new Key[12];

    Group(int open) {
        this.open = open;
    }

    void add(Key key, int keyStart, int keyEnd, int valueStart, int valueEnd) {
        if (count == keys.length) {
            keys = Arrays.copyOf(keys, 2 * count);
            cells = Arrays.copyOf(cells, 8 * count);
        }
        keys[count] = key;
        int at = 4 * count++;
        cells[at] = keyStart;
        cells[at + 1] = keyEnd;
        cells[at + 2] = valueStart;
        cells[at + 3] = valueEnd;
    }

    void close(int offset) {
        close = offset;
    }

    int count() {
        return count;
    }

    /** Offset behind the closing brace. */
    int close() {
        return close;
    }

    Key key(int i) {
        return keys[i];
    }

    /** Offset of the key's opening quote. */
    int start(int i) {
        return cells[4 * i];
    }

    /** Offset of the key's closing quote. */
    int keyEnd(int i) {
        return cells[4 * i + 1];
    }

    int valueStart(int i) {
        return cells[4 * i + 2];
    }

    /** Offset behind the value. */
    int end(int i) {
        return cells[4 * i + 3];
    }
}
