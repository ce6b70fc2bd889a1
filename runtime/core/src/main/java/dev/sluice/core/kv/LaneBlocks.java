package dev.sluice.core.kv;

import java.util.Arrays;

/**
 * One lane's blocks by the engine's own hash: their node, how often each tier was said to hold them, and how long they have
 * been here. Used by the writer alone.
 *
 * <p>An engine stores the same block twice when two requests compute it at once, and then says twice that it is gone, so stores
 * are counted: up to 15 in the first tier, up to 3 in the others.
 *
 * <p><b>Shape.</b> Buckets of five cells, 64 bytes each, two thirds to 80 % full. A cell is the hash and one int: {@code (node + 1) << 8 |
 * counts}, 0 when empty. A bucket ends in an int with the ages of its cells, four bits each, and how many blocks found it full
 * and went on to a later bucket, so that nothing has to move when a block leaves. Hashes are mixed with a secret, because whoever
 * chooses them could otherwise send all to one bucket.
 *
 * <p><b>Age.</b> Only needed when a lane holds more than it may. Stores are counted in steps of an eighth of the limit; a block
 * remembers the step, and blocks of the oldest step are forgotten first. When the steps run out all ages become smaller by
 * seven.
 */
final class LaneBlocks {
    private static final int WIDTH = 16;
    private static final int CELLS = 5;
    private static final int TAIL = 15;
    private static final int PASSED = 0xFFF;
    private static final int SMALL = 4;
    private static final int LAST_STEP = 15;
    private static final int STEPS = 8;

    /** Told of blocks that are forgotten. */
    interface Forgotten {
        void forget(int node);
    }

    private final int lane;
    private final long secret;
    private int[] words = new int[SMALL * WIDTH];
    private int buckets = SMALL;
    private int size;
    private int limit;
    private int stored;
    private int step;
    private int oldest;
    private int hand;

    LaneBlocks(int lane, long secret, int limit) {
        this.lane = lane;
        this.secret = secret;
        limit(limit);
    }

    /** Its number in the index. */
    int lane() {
        return lane;
    }

    int size() {
        return size;
    }

    int limit() {
        return limit;
    }

    final void limit(int most) {
        limit = Math.max(1, most);
    }

    /** Looks at the memory that a search will need, so that several searches wait for it at once. */
    int touch(long hash) {
        int home = home(hash);
        return words[home] ^ words[home + TAIL];
    }

    /** The cell of a hash, or -1. Stays the same until something is put in. */
    int find(long hash) {
        int low = (int) hash;
        int high = (int) (hash >>> 32);
        int bucket = home(hash);
        for (int step = 0; step < buckets; step++) {
            for (int cell = bucket; cell < bucket + TAIL; cell += 3) {
                if (words[cell] == low && words[cell + 1] == high && words[cell + 2] != 0) {
                    return cell;
                }
            }
            if ((words[bucket + TAIL] & PASSED) == 0) {
                break;
            }
            bucket = next(bucket);
        }
        return -1;
    }

    /** Node in a cell. */
    int node(int cell) {
        return (words[cell + 2] >>> 8) - 1;
    }

    long hash(int cell) {
        return (words[cell] & 0xFFFFFFFFL) | (long) words[cell + 1] << 32;
    }

    int counts(int cell) {
        return words[cell + 2] & 0xFF;
    }

    /** Puts a hash in that is not there. */
    void put(long hash, int node, int counts) {
        if (5L * (size + 1) > 4L * CELLS * buckets) {
            rebuild(room(size));
        }
        place(hash, (node + 1) << 8 | counts, step);
        size++;
        if (++stored > limit / STEPS) {
            stored = 0;
            if (++step == LAST_STEP) {
                rejuvenate();
            }
        }
    }

    private static int room(int blocks) {
        return Math.max(SMALL, (int) (blocks * 3L / (2 * CELLS)) + 1);
    }

    private void place(long hash, int value, int age) {
        int bucket = home(hash);
        while (true) {
            for (int cell = bucket; cell < bucket + TAIL; cell += 3) {
                if (words[cell + 2] == 0) {
                    words[cell] = (int) hash;
                    words[cell + 1] = (int) (hash >>> 32);
                    words[cell + 2] = value;
                    age(cell, age);
                    return;
                }
            }
            if ((words[bucket + TAIL] & PASSED) < PASSED) {
                words[bucket + TAIL]++;
            }
            bucket = next(bucket);
        }
    }

    private int age(int cell) {
        return words[cell | TAIL] >>> shift(cell) & 15;
    }

    private void age(int cell, int age) {
        words[cell | TAIL] = (words[cell | TAIL] & ~(15 << shift(cell))) | age << shift(cell);
    }

    private static int shift(int cell) {
        return 12 + (cell & TAIL) / 3 * 4;
    }

    /** A further store of the block in that tier; returns the bits of the tiers that have it now. */
    int more(int cell, Tier tier) {
        int counts = counts(cell);
        if (count(counts, tier) < (tier == Tier.GPU ? 15 : 3)) {
            words[cell + 2] += one(tier);
        }
        return tiers(counts(cell));
    }

    /** The block has left a tier once; returns the bits of the tiers that still have it. */
    int less(int cell, Tier tier) {
        if (count(counts(cell), tier) > 0) {
            words[cell + 2] -= one(tier);
        }
        return tiers(counts(cell));
    }

    /** Bits of the tiers that such counts stand for. */
    static int tiers(int counts) {
        return ((counts & 15) == 0 ? 0 : 1) | ((counts & 3 << 4) == 0 ? 0 : 2) | ((counts & 3 << 6) == 0 ? 0 : 4);
    }

    /** Counts for a block that one tier has once. */
    static int one(Tier tier) {
        return switch (tier) {
            case GPU -> 1;
            case CPU -> 1 << 4;
            case DISK -> 1 << 6;
        };
    }

    private static int count(int counts, Tier tier) {
        return switch (tier) {
            case GPU -> counts & 15;
            case CPU -> counts >>> 4 & 3;
            case DISK -> counts >>> 6;
        };
    }

    void remove(int cell) {
        int to = cell & ~TAIL;
        for (int passed = home(hash(cell)); passed != to; passed = next(passed)) {
            if ((words[passed + TAIL] & PASSED) < PASSED) {
                words[passed + TAIL]--;
            }
        }
        words[cell + 2] = 0;
        size--;
    }

    /** The next taken cell from here, or -1 behind the last; to be begun with 0 and gone on with from one behind. */
    int taken(int from) {
        for (int cell = from; cell < words.length; cell += (cell & TAIL) == TAIL - 3 ? 4 : 3) {
            if (words[cell + 2] != 0) {
                return cell;
            }
        }
        return -1;
    }

    /** The cell behind another. */
    static int behind(int cell) {
        return cell + ((cell & TAIL) == TAIL - 3 ? 4 : 3);
    }

    /** Forgets oldest blocks until {@code most} are left. */
    void shrink(int most, Forgotten told) {
        while (size > most) {
            int cell = hand < words.length ? taken(hand) : -1;
            if (cell < 0) {
                hand = 0;
                oldest = Math.min(oldest + 1, step);
                continue;
            }
            if (age(cell) <= oldest) {
                told.forget(node(cell));
                remove(cell);
            }
            hand = behind(cell);
        }
    }

    /** Forgets the blocks with these nodes, ascending. */
    void forget(int[] sorted, Forgotten told) {
        for (int cell = taken(0); cell >= 0; cell = taken(behind(cell))) {
            if (Arrays.binarySearch(sorted, node(cell)) >= 0) {
                told.forget(node(cell));
                remove(cell);
            }
        }
    }

    /** Forgets all. */
    void clear(Forgotten told) {
        for (int cell = taken(0); cell >= 0; cell = taken(behind(cell))) {
            told.forget(node(cell));
        }
        words = new int[SMALL * WIDTH];
        buckets = SMALL;
        size = 0;
        hand = 0;
        oldest = 0;
        step = 0;
        stored = 0;
    }

    /** Gives back what a much smaller lane does not need. */
    void trim() {
        if (buckets > 1024 && size < 2 * buckets) {
            rebuild(room(size));
        }
    }

    private void rejuvenate() {
        int less = LAST_STEP - STEPS;
        for (int cell = taken(0); cell >= 0; cell = taken(behind(cell))) {
            age(cell, Math.max(0, age(cell) - less));
        }
        step -= less;
        oldest = Math.max(0, oldest - less);
    }

    private void rebuild(int wide) {
        LaneBlocks old = new LaneBlocks(lane, secret, limit);
        old.words = words;
        words = new int[wide * WIDTH];
        buckets = wide;
        for (int cell = old.taken(0); cell >= 0; cell = old.taken(behind(cell))) {
            place(old.hash(cell), old.words[cell + 2], old.age(cell));
        }
    }

    private int next(int bucket) {
        return bucket + WIDTH == words.length ? 0 : bucket + WIDTH;
    }

    private int home(long hash) {
        return (int) Math.unsignedMultiplyHigh((hash ^ secret) * 0x9E3779B97F4A7C15L, buckets) * WIDTH;
    }
}
