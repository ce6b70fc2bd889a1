package dev.sluice.core.index;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class PrefixIndexTest {
    private static final long PLENTY = 1L << 40;

    static long[] path(long... blocks) {
        long[] path = new long[blocks.length];
        long last = 99;
        for (int i = 0; i < blocks.length; i++) {
            last = Xxh64.hash(blocks[i], last);
            path[i] = last;
        }
        return path;
    }

    private static int[] match(PrefixIndex index, long[] path) {
        int[] found = new int[index.slots()];
        index.match(path, path.length, found);
        return found;
    }

    @Test
    void whatWasInsertedIsFoundForItsSlotOnly() {
        PrefixIndex index = new PrefixIndex(3, 100, PLENTY);
        index.insert(1, path(1, 2, 3), 3);
        index.insert(2, path(1, 2, 9, 9), 4);
        assertThat(match(index, path(1, 2, 3, 4))).containsExactly(0, 3, 2);
        assertThat(match(index, path(1, 2, 9, 9))).containsExactly(0, 2, 4);
        assertThat(match(index, path(2, 2, 3))).containsExactly(0, 0, 0);
        assertThat(index.match(path(1, 2, 9, 9, 9), 5, new int[3])).isEqualTo(4);
        assertThat(index.match(path(1, 2, 9, 9), 0, new int[3])).isZero();
        assertThat(index.blocks()).isEqualTo(7);
        assertThat(index.size(1)).isEqualTo(3);
    }

    @Test
    void onlyTheHashesThatCountAreLookedAt() {
        PrefixIndex index = new PrefixIndex(1, 100, PLENTY);
        index.insert(0, path(1, 2, 3, 4), 2);
        assertThat(index.match(path(1, 2, 3, 4), 4, new int[1])).isEqualTo(2);
        assertThat(index.match(path(1, 2, 3, 4), 1, new int[1])).isEqualTo(1);
    }

    @Test
    void theTailOfTheOldestPromptIsForgottenFirst() {
        PrefixIndex index = new PrefixIndex(1, 5, PLENTY);
        index.insert(0, path(1, 2, 3), 3);
        index.insert(0, path(7, 8, 9), 3);
        assertThat(match(index, path(1, 2, 3))).containsExactly(2);
        assertThat(match(index, path(7, 8, 9))).containsExactly(3);
        index.insert(0, path(1, 2), 2);
        index.insert(0, path(5), 1);
        assertThat(match(index, path(7, 8, 9))).containsExactly(2);
        assertThat(match(index, path(1, 2))).containsExactly(2);
    }

    @Test
    void aPromptLargerThanTheCapacityKeepsItsHead() {
        PrefixIndex index = new PrefixIndex(1, 3, PLENTY);
        index.insert(0, path(1, 2, 3, 4, 5), 5);
        assertThat(match(index, path(1, 2, 3, 4, 5))).containsExactly(3);
        assertThat(index.size(0)).isEqualTo(3);
    }

    @Test
    void aSmallerCapacityForgetsAtOnce() {
        PrefixIndex index = new PrefixIndex(2, 100, PLENTY);
        index.insert(0, path(1, 2, 3, 4), 4);
        index.insert(1, path(1, 2, 3, 4), 4);
        index.setCapacity(0, 2);
        assertThat(match(index, path(1, 2, 3, 4))).containsExactly(2, 4);
        index.setCapacity(0, 0);
        assertThat(match(index, path(1, 2, 3, 4))).containsExactly(1, 4);
    }

    @Test
    void aCorrectionTakesWhatGoesOnFromTheLostBlocks() {
        PrefixIndex index = new PrefixIndex(2, 100, PLENTY);
        for (int slot = 0; slot < 2; slot++) {
            index.insert(slot, path(1, 2, 3, 4), 4);
            index.insert(slot, path(1, 2, 3, 9, 9), 5);
            index.insert(slot, path(1, 7), 2);
        }
        index.truncate(0, path(1, 2, 3, 4), 4, 2);
        assertThat(match(index, path(1, 2, 3, 4))).containsExactly(2, 4);
        assertThat(match(index, path(1, 2, 3, 9, 9))).containsExactly(2, 5);
        assertThat(match(index, path(1, 7))).containsExactly(2, 2);
        assertThat(index.size(0)).isEqualTo(3);
        index.truncate(0, path(1, 7), 2, 0);
        assertThat(index.size(0)).isZero();
        assertThat(index.size(1)).isEqualTo(7);
        index.truncate(0, path(4, 4), 2, 1);
        index.truncate(1, path(1, 7), 2, 2);
        assertThat(index.size(1)).isEqualTo(7);
    }

    @Test
    void aRemovedSlotLeavesNothingBehind() {
        PrefixIndex index = new PrefixIndex(2, 100, PLENTY);
        index.insert(0, path(1, 2, 3, 4), 4);
        long alone = index.bytes();
        index.setCapacity(1, 7);
        index.insert(1, path(1, 2, 5), 3);
        index.removeSlot(1);
        index.removeSlot(0);
        assertThat(index.blocks()).isZero();
        assertThat(index.bytes()).isZero();
        index.insert(1, path(1, 2, 3, 4), 4);
        assertThat(index.bytes()).isEqualTo(alone);
        assertThat(match(index, path(1, 2, 3, 4))).containsExactly(0, 4);
    }

    @Test
    void slotsAppearAsTheyAreUsed() {
        PrefixIndex index = new PrefixIndex(1, 10, PLENTY);
        index.insert(300, path(1, 2), 2);
        assertThat(index.slots()).isGreaterThan(300);
        assertThat(match(index, path(1, 2))[300]).isEqualTo(2);
        assertThat(index.match(path(1, 2), 2, new int[4])).isZero();
        assertThat(index.size(5000)).isZero();
        index.removeSlot(5000);
        index.truncate(5000, path(1, 2), 2, 0);
        assertThat(index.size(300)).isEqualTo(2);
    }

    @Test
    void randomCallsGiveWhatABlockwiseModelGives() {
        int operations = Integer.getInteger("index.operations", 120_000);
        Random random = new Random(Long.getLong("index.seed", 5));
        PrefixIndex index = new PrefixIndex(6, 150, PLENTY);
        NaiveIndex naive = new NaiveIndex(6, 150);
        List<long[]> prompts = new ArrayList<>();
        prompts.add(new long[] {1});
        for (int i = 0; i < operations; i++) {
            long[] blocks = next(random, prompts);
            long[] path = path(blocks);
            int slot = random.nextInt(6);
            switch (random.nextInt(40)) {
                case 0 -> {
                    index.removeSlot(slot);
                    naive.removeSlot(slot);
                }
                case 1 -> {
                    int capacity = random.nextInt(300);
                    index.setCapacity(slot, capacity);
                    naive.setCapacity(slot, capacity);
                }
                case 2, 3, 4, 5 -> {
                    int keep = random.nextInt(path.length + 1);
                    index.truncate(slot, path, path.length, keep);
                    naive.truncate(slot, path, path.length, keep);
                }
                default -> {
                    int count = random.nextInt(path.length + 1);
                    index.insert(slot, path, count);
                    naive.insert(slot, path, count);
                }
            }
            check(index, naive, path, i);
        }
        for (int slot = 0; slot < 6; slot++) {
            index.removeSlot(slot);
        }
        assertThat(index.bytes()).isZero();
    }

    private static void check(PrefixIndex index, NaiveIndex naive, long[] path, int step) {
        int[] found = new int[6];
        int best = index.match(path, path.length, found);
        int[] expected = new int[6];
        int expectedBest = 0;
        long blocks = 0;
        for (int slot = 0; slot < 6; slot++) {
            expected[slot] = naive.match(slot, path, path.length);
            expectedBest = Math.max(expectedBest, expected[slot]);
            blocks += naive.size(slot);
        }
        assertThat(found).as("step %d", step).isEqualTo(expected);
        assertThat(best).as("step %d", step).isEqualTo(expectedBest);
        assertThat(index.blocks()).as("step %d", step).isEqualTo(blocks);
    }

    /** Conversations that go on, fork and start anew. */
    static long[] next(Random random, List<long[]> prompts) {
        long[] old = prompts.get(random.nextInt(prompts.size()));
        int keep = random.nextInt(4) == 0 ? random.nextInt(old.length + 1) : old.length;
        int more = random.nextInt(12);
        long[] blocks = new long[Math.max(1, Math.min(60, keep + more))];
        for (int i = 0; i < blocks.length; i++) {
            blocks[i] = i < keep ? old[i] : random.nextInt(3);
        }
        if (prompts.size() < 40) {
            prompts.add(blocks);
        } else {
            prompts.set(random.nextInt(40), blocks);
        }
        return blocks;
    }

    @Test
    void theSameCallsGiveTheSameResultsUnderMemoryPressure() {
        assertThat(trace()).isEqualTo(trace());
    }

    private static long trace() {
        Random random = new Random(8);
        PrefixIndex index = new PrefixIndex(20, 1000, 20_000);
        List<long[]> prompts = new ArrayList<>();
        prompts.add(new long[] {1});
        long trace = 0;
        for (int i = 0; i < 20_000; i++) {
            long[] path = path(next(random, prompts));
            index.insert(random.nextInt(20), path, path.length);
            int[] found = match(index, path);
            for (int slot = 0; slot < 20; slot++) {
                trace = Xxh64.hash(trace, found[slot]);
            }
            assertThat(index.bytes()).isLessThanOrEqualTo(20_000);
        }
        assertThat(index.blocks()).isPositive();
        return trace;
    }
}
