package dev.sluice.core.kv;

import java.util.Arrays;

/** How much of one prompt each lane holds. To be used again and again, by one thread at a time. */
public final class Match {
    private int[] blocks = new int[64];
    private int[] slow = new int[3 * 64];
    private long[] alive = new long[1];
    private int lanes;
    private int depth;
    private Holders last = Holders.NONE;
    private int since;
    /** What was looked at ahead of its use: keeps a compiler from leaving it out. */
    int touched;

    /** Leading blocks of the prompt that the lane holds, in whatever tier. */
    public int blocks(int lane) {
        return lane < lanes ? blocks[lane] : 0;
    }

    /** Of these, blocks whose best tier is this one. */
    public int blocks(int lane, Tier tier) {
        if (lane >= lanes) {
            return 0;
        }
        return tier == Tier.GPU
                ? blocks[lane] - slow[3 * lane + 1] - slow[3 * lane + 2]
                : slow[3 * lane + tier.ordinal()];
    }

    /** The same as one number: every block counts with the weight of its best tier. */
    public double weighted(int lane) {
        double sum = 0;
        for (Tier tier : Tier.values()) {
            sum += tier.weight() * blocks(lane, tier);
        }
        return sum;
    }

    /** Lanes beyond this hold nothing. */
    public int lanes() {
        return lanes;
    }

    void begin() {
        lanes = 0;
        depth = 0;
        since = 0;
        last = Holders.NONE;
    }

    /** The next blocks, at least one, have these holders; false when no lane holds all blocks so far. */
    boolean next(Holders holders, int many) {
        if (holders == last) {
            depth += many;
            return true;
        }
        if (depth == 0) {
            start(holders);
        } else {
            countSlow();
            int words = Math.min(alive.length, (lanes + 63) >>> 6);
            long any = 0;
            for (int word = 0; word < words; word++) {
                long stay = alive[word] & (word < holders.held.length ? holders.held[word] : 0);
                leave(alive[word] & ~stay, word << 6);
                alive[word] = stay;
                any |= stay;
            }
            if (any == 0) {
                last = Holders.NONE;
                return false;
            }
        }
        last = holders;
        since = depth;
        depth += many;
        return true;
    }

    private void start(Holders holders) {
        lanes = holders.held.length << 6;
        if (blocks.length < lanes) {
            blocks = new int[lanes];
            slow = new int[3 * lanes];
        }
        if (alive.length < holders.held.length) {
            alive = new long[holders.held.length];
        }
        System.arraycopy(holders.held, 0, alive, 0, holders.held.length);
        Arrays.fill(alive, holders.held.length, alive.length, 0);
        Arrays.fill(blocks, 0, lanes, 0);
        Arrays.fill(slow, 0, 3 * lanes, 0);
    }

    private void leave(long gone, int from) {
        for (long left = gone; left != 0; left &= left - 1) {
            blocks[from + Long.numberOfTrailingZeros(left)] = depth;
        }
    }

    private void countSlow() {
        for (int entry : last.slow) {
            int lane = entry >>> 2;
            if ((alive[lane >>> 6] >>> lane & 1) != 0) {
                slow[3 * lane + (entry & 3)] += depth - since;
            }
        }
    }

    int end() {
        countSlow();
        int words = (lanes + 63) >>> 6;
        int most = 0;
        for (int word = 0; word < words; word++) {
            leave(alive[word], word << 6);
            alive[word] = 0;
        }
        for (int lane = 0; lane < lanes; lane++) {
            most = Math.max(most, blocks[lane]);
        }
        last = Holders.NONE;
        return most;
    }
}
