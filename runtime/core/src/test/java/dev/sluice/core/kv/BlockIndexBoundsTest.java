package dev.sluice.core.kv;

import static dev.sluice.core.kv.Prompts.keys;
import static dev.sluice.core.kv.Prompts.stored;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.junit.jupiter.api.Test;

class BlockIndexBoundsTest {
    private final Match match = new Match();

    private int held(BlockIndex index, int lane, int... words) {
        index.match(keys(index, words), words.length, match);
        return match.blocks(lane);
    }

    @Test
    void aLaneForgetsItsOldestAndNobodyElses() {
        BlockIndex index = new BlockIndex(7, 1_000_000);
        int small = index.open(1280);
        int other = index.open(10_000);
        for (int i = 0; i < 2000; i++) {
            index.apply(small, stored(1, 0, 1, i));
            index.apply(other, stored(2, 0, 1, i));
        }
        assertThat(index.size(small)).isEqualTo(1280);
        assertThat(index.size(other)).isEqualTo(2000);
        for (int i = 0; i < 2000; i++) {
            int expected = i < 2000 - 1280 - 165 ? 0 : i < 2000 - 1280 + 165 ? -1 : 1;
            if (expected >= 0) {
                assertThat(held(index, small, i)).as("block %d", i).isEqualTo(expected);
            }
            assertThat(held(index, other, i)).isEqualTo(1);
        }
    }

    @Test
    void agesStayInOrderHoweverLongALaneLives() {
        BlockIndex index = new BlockIndex(7, 1_000_000);
        int lane = index.open(1000);
        for (int i = 0; i < 20_000; i++) {
            index.apply(lane, stored(1, 0, 1, i));
        }
        assertThat(index.size(lane)).isEqualTo(1000);
        for (int i = 20_000 - 860; i < 20_000; i++) {
            assertThat(held(index, lane, i)).as("block %d", i).isEqualTo(1);
        }
    }

    @Test
    void beyondTheBoundForAllTheLargestGivesWay() {
        BlockIndex index = new BlockIndex(7, 10_000);
        int modest = index.open(1 << 30);
        int flood = index.open(1 << 30);
        for (int i = 0; i < 3000; i++) {
            index.apply(modest, stored(1, 0, 1, i));
        }
        for (int i = 0; i < 50_000; i++) {
            index.apply(flood, stored(2, 0, 1, i));
        }
        assertThat(index.pairs()).isLessThanOrEqualTo(10_000);
        assertThat(index.size(modest)).isEqualTo(3000);
    }

    @Test
    void aSmallerLimitHoldsAtOnce() {
        BlockIndex index = new BlockIndex(7, 1_000_000);
        int lane = index.open(1000);
        for (int i = 0; i < 900; i++) {
            index.apply(lane, stored(1, 0, 1, i));
        }
        index.limit(lane, 10);
        assertThat(index.size(lane)).isEqualTo(10);
        assertThat(index.pairs()).isEqualTo(10);
    }

    /** Endpoints come and go ten thousand times; what they held goes with them. */
    @Test
    void churnLeavesNothingBehind() {
        BlockIndex index = new BlockIndex(7, 1_000_000);
        Random random = new Random(3);
        for (int i = 0; i < 10_000; i++) {
            int lane = index.open(500);
            assertThat(lane).isZero();
            int[] words = random.ints(10, 0, 5).toArray();
            index.apply(lane, stored(i, 0, 10, words));
            index.close(lane);
        }
        assertThat(index.pairs()).isZero();
        assertThat(index.nodes()).isZero();
        assertThat(index.sets()).isLessThan(10);
    }

    @Test
    void setsThatNobodyIsInAreForgotten() {
        BlockIndex index = new BlockIndex(7, 1_000_000);
        Random random = new Random(5);
        int[] lanes = random.ints(40).map(i -> index.open(10_000)).toArray();
        for (int round = 0; round < 200_000; round++) {
            int lane = lanes[random.nextInt(lanes.length)];
            int word = random.nextInt(50);
            if (random.nextBoolean()) {
                index.apply(lane, stored(1, 0, 1, word));
            } else {
                index.apply(lane, Prompts.removed(Tier.GPU, 1, 0, 1, word));
            }
        }
        assertThat(index.sets()).isLessThan(9000);
    }
}
