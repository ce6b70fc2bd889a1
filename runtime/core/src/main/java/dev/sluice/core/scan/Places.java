package dev.sluice.core.scan;

import java.util.Arrays;

/** Pieces of a body, in the order in which an engine puts them into a prompt. Offsets count from the body's first byte. */
public final class Places {
    /** What a piece is. */
    public enum Kind {
        /** Changes how a prompt is made, such as {@code chat_template_kwargs}; is not part of it. */
        SHAPE(0),
        TOOLS(1),
        SYSTEM(2),
        SYSTEM_MEDIA(2),
        PROMPT(3),
        /** An image, a sound or the like, or where it is to be fetched from. */
        PROMPT_MEDIA(3);

        private final int rank;

        Kind(int rank) {
            this.rank = rank;
        }

        /** True for what is not text. */
        public boolean media() {
            return this == SYSTEM_MEDIA || this == PROMPT_MEDIA;
        }
    }

    private Kind[] kinds;
    private int[] cells;
    private int count;

    Places(int room) {
        kinds = new Kind[room];
        cells = new int[2 * room];
    }

    void add(Kind kind, int start, int end) {
        if (count == kinds.length) {
            kinds = Arrays.copyOf(kinds, 2 * count + 4);
            cells = Arrays.copyOf(cells, 4 * count + 8);
        }
        kinds[count] = kind;
        cells[2 * count] = start;
        cells[2 * count + 1] = end;
        count++;
    }

    /** Number of pieces. */
    public int count() {
        return count;
    }

    /** What piece {@code i} is. */
    public Kind kind(int i) {
        return kinds[i];
    }

    /** Offset of the first byte of piece {@code i}. */
    public int start(int i) {
        return cells[2 * i];
    }

    /** Offset behind the last byte of piece {@code i}. */
    public int end(int i) {
        return cells[2 * i + 1];
    }

    /** Brings the kinds into their order and keeps the order within a kind. */
    Places sorted() {
        for (int i = 1; i < count(); i++) {
            if (kind(i).rank < kind(i - 1).rank) {
                return sort();
            }
        }
        return this;
    }

    private Places sort() {
        Places sorted = new Places(count());
        for (int rank = 0; rank <= Kind.PROMPT.rank; rank++) {
            for (int i = 0; i < count(); i++) {
                if (kind(i).rank == rank) {
                    sorted.add(kind(i), start(i), end(i));
                }
            }
        }
        return sorted;
    }
}
