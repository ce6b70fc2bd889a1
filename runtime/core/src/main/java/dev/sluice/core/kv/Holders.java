package dev.sluice.core.kv;

import java.util.Arrays;

/**
 * The lanes that hold a block, and in which tiers: an immutable set, of which {@link HolderSets} keeps one of each. Blocks of
 * one chain are held by the same lanes, so millions of blocks share some hundreds of these, and whether two blocks have the
 * same holders is one comparison of references.
 */
final class Holders {
    private static final long[] NO_LANES = {};
    private static final int[] NO_SLOW = {};
    private static final long[][] EMPTY = {NO_LANES, NO_LANES, NO_LANES};
    /** Nobody. */
    static final Holders NONE = new Holders(EMPTY, 0, 0);

    /** Lanes that hold it in any tier, as bits. */
    final long[] held;
    /** Lanes whose best tier is not the first, each as {@code lane * 4 + tier}. */
    final int[] slow;
    /** Exclusive or of its members' hashes. */
    final long hash;
    /** Lanes that hold it. */
    final int size;
    /** For the sweep of {@link HolderSets}. */
    int mark;

    private final long[][] tiers;

    private Holders(long[][] tiers, long hash, int size) {
        this.tiers = tiers;
        this.hash = hash;
        this.size = size;
        boolean gpuOnly = tiers[1].length == 0 && tiers[2].length == 0;
        this.held = gpuOnly ? tiers[0] : union(tiers);
        this.slow = gpuOnly ? NO_SLOW : slow();
    }

    /** Bits of the tiers in which a lane holds it. */
    int mask(int lane) {
        int mask = 0;
        for (int tier = 0; tier < tiers.length; tier++) {
            mask |= bit(tiers[tier], lane) << tier;
        }
        return mask;
    }

    /** The same set but for one lane. */
    Holders with(int lane, int mask, long newHash) {
        long[][] next = new long[tiers.length][];
        for (int tier = 0; tier < next.length; tier++) {
            next[tier] = set(tiers[tier], lane, mask >>> tier & 1);
        }
        int now = size + (mask == 0 ? 0 : 1) - (mask(lane) == 0 ? 0 : 1);
        return new Holders(next, newHash, now);
    }

    private static int bit(long[] lanes, int lane) {
        int word = lane >>> 6;
        return word < lanes.length ? (int) (lanes[word] >>> lane) & 1 : 0;
    }

    private static long[] set(long[] lanes, int lane, int bit) {
        if (bit(lanes, lane) == bit) {
            return lanes;
        }
        long[] next = Arrays.copyOf(lanes, Math.max(lanes.length, (lane >>> 6) + 1));
        next[lane >>> 6] ^= 1L << lane;
        int words = next.length;
        while (words > 0 && next[words - 1] == 0) {
            words--;
        }
        return words == 0 ? NO_LANES : words == next.length ? next : Arrays.copyOf(next, words);
    }

    private static long[] union(long[][] tiers) {
        long[] all = NO_LANES;
        for (long[] lanes : tiers) {
            all = Arrays.copyOf(all, Math.max(all.length, lanes.length));
            for (int word = 0; word < lanes.length; word++) {
                all[word] |= lanes[word];
            }
        }
        return all;
    }

    private int[] slow() {
        int[] found = new int[size];
        int n = 0;
        for (int lane = 0; lane < held.length << 6; lane++) {
            int mask = mask(lane);
            if (mask != 0 && (mask & 1) == 0) {
                found[n++] = lane * 4 + Integer.numberOfTrailingZeros(mask);
            }
        }
        return Arrays.copyOf(found, n);
    }
}
