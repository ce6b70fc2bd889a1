package dev.sluice.core.kv;

import java.util.Arrays;

/**
 * Which numbers of nodes are free, as bits, in pages that are added as they are needed.
 *
 * <p>Chains should lie in memory as they are read. A chain goes on right behind its last block; where that place is taken, or
 * where a chain begins, it gets 64 free places in a row if there are any, and only else whatever is free. So that there are
 * some, a page is added when fewer than one in 32 are free. Engines forget a chain from its end, so whole rows become free again.
 */
final class FreeNodes {
    static final int PAGE_BITS = 12;
    /** Places of a row: a word of bits. */
    static final int ROW = 64;

    private static final int PAGE = 1 << PAGE_BITS;
    private static final int WORDS = PAGE / ROW;
    private static final int SLACK = 32;

    private long[] bits = {};
    /** Words that were wholly free when they were put here, once each. */
    private int[] rows = {};

    private boolean[] listed = {};
    private int rowCount;
    private int free;
    private int hand;

    /** True when a page should be added before the next number is taken. */
    boolean few() {
        return free == 0 || (rowCount == 0 && free < bits.length * (64 / SLACK));
    }

    /** Adds a page of free numbers and returns its own. */
    int addPage() {
        int words = bits.length;
        bits = Arrays.copyOf(bits, words + WORDS);
        rows = Arrays.copyOf(rows, words + WORDS);
        listed = Arrays.copyOf(listed, words + WORDS);
        free += PAGE;
        for (int word = words + WORDS - 1; word >= words; word--) {
            bits[word] = -1L;
            list(word);
        }
        return words / WORDS;
    }

    private void list(int word) {
        if (!listed[word]) {
            listed[word] = true;
            rows[rowCount++] = word;
        }
    }

    /** Takes a number: the wanted one when it is free and not 0, else one with room behind it. There must be a free one. */
    int take(int wanted) {
        int node = wanted;
        if (node == 0 || node >= bits.length * 64 || (bits[node >>> 6] >>> node & 1) == 0) {
            node = row();
        }
        bits[node >>> 6] &= ~(1L << node);
        free--;
        return node;
    }

    void give(int node) {
        bits[node >>> 6] |= 1L << node;
        free++;
        if (bits[node >>> 6] == -1L) {
            list(node >>> 6);
        }
    }

    private int row() {
        while (rowCount > 0) {
            int word = rows[--rowCount];
            listed[word] = false;
            if (bits[word] == -1L) {
                return word * 64;
            }
        }
        while (bits[hand] == 0) {
            hand = hand + 1 == bits.length ? 0 : hand + 1;
        }
        return hand * 64 + Long.numberOfTrailingZeros(bits[hand]);
    }
}
