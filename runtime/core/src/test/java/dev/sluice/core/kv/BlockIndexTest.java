package dev.sluice.core.kv;

import static dev.sluice.core.kv.Prompts.keys;
import static dev.sluice.core.kv.Prompts.removed;
import static dev.sluice.core.kv.Prompts.stored;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

class BlockIndexTest {
    private final BlockIndex index = new BlockIndex(7, 1_000_000);
    private final int a = index.open(1000);
    private final int b = index.open(1000);
    private final Match match = new Match();

    private int held(int lane, int... words) {
        index.match(keys(index, words), words.length, match);
        return match.blocks(lane);
    }

    @Test
    void eachEngineHoldsThePrefixThatItStored() {
        index.apply(a, stored(1, 0, 4, 1, 2, 3, 4));
        index.apply(b, stored(2, 0, 2, 1, 2, 9, 9));
        assertThat(index.match(keys(index, 1, 2, 3, 5), 4, match)).isEqualTo(3);
        assertThat(match.blocks(a)).isEqualTo(3);
        assertThat(match.blocks(b)).isEqualTo(2);
        assertThat(index.pairs()).isEqualTo(6);
    }

    @Test
    void enginesWithOtherHashesAgreeOnTheSameTokens() {
        index.apply(a, stored(1, 0, 2, 5, 6));
        index.apply(b, stored(99, 0, 2, 5, 6));
        assertThat(held(a, 5, 6)).isEqualTo(2);
        assertThat(held(b, 5, 6)).isEqualTo(2);
    }

    @Test
    void aChainGoesOnFromItsParentInALaterEvent() {
        index.apply(a, stored(1, 0, 2, 1, 2, 3, 4));
        index.apply(a, stored(1, 2, 4, 1, 2, 3, 4));
        assertThat(held(a, 1, 2, 3, 4)).isEqualTo(4);
    }

    @Test
    void aStoreWhoseParentIsUnknownIsDroppedAndCounted() {
        assertThat(index.apply(a, stored(1, 2, 4, 1, 2, 3, 4))).isEqualTo(2);
        assertThat(index.pairs()).isZero();
    }

    @Test
    void aHoleInThePrefixEndsIt() {
        index.apply(a, stored(1, 0, 4, 1, 2, 3, 4));
        index.apply(a, removed(Tier.GPU, 1, 1, 2, 1, 2, 3, 4));
        assertThat(held(a, 1, 2, 3, 4)).isEqualTo(1);
        index.apply(a, stored(1, 1, 2, 1, 2));
        assertThat(held(a, 1, 2, 3, 4)).isEqualTo(4);
    }

    @Test
    void aBlockThatWasStoredTwiceIsThereUntilItWasRemovedTwice() {
        for (int i = 0; i < 9; i++) {
            index.apply(a, stored(1, 0, 1, 1));
        }
        for (int i = 0; i < 8; i++) {
            index.apply(a, removed(Tier.GPU, 1, 0, 1, 1));
        }
        assertThat(held(a, 1)).isEqualTo(1);
        index.apply(a, removed(Tier.GPU, 1, 0, 1, 1));
        assertThat(held(a, 1)).isZero();
        assertThat(index.pairs()).isZero();
    }

    @Test
    void tiersWeighDifferentlyAndABlockCountsInItsBest() {
        index.apply(a, stored(1, 0, 4, 1, 2, 3, 4));
        index.apply(a, moved(Tier.CPU, 1, 1, 4));
        index.apply(a, removed(Tier.GPU, 1, 2, 4, 1, 2, 3, 4));
        index.apply(a, moved(Tier.DISK, 1, 3, 4));
        index.apply(a, removed(Tier.CPU, 1, 3, 4, 1, 2, 3, 4));
        assertThat(held(a, 1, 2, 3, 4)).isEqualTo(4);
        assertThat(match.blocks(a, Tier.GPU)).isEqualTo(2);
        assertThat(match.blocks(a, Tier.CPU)).isEqualTo(1);
        assertThat(match.blocks(a, Tier.DISK)).isEqualTo(1);
        assertThat(match.weighted(a)).isEqualTo(2 + 0.8 + 0.5);
    }

    private static KvEvent.Stored moved(Tier tier, int seed, int from, int to) {
        return new KvEvent.Stored(
                tier, "", 0, Prompts.hashes(seed, from, to, 1, 2, 3, 4), OptionalLong.empty(), new int[0], new long[0]);
    }

    @Test
    void aTierOfAnUnknownBlockIsCountedAsOdd() {
        assertThat(index.apply(a, moved(Tier.CPU, 1, 0, 3))).isEqualTo(3);
        assertThat(index.pairs()).isZero();
    }

    @Test
    void anAdapterHasBlocksOfItsOwn() {
        index.apply(a, stored(Tier.GPU, "alpha", 1, 0, 2, 1, 2));
        assertThat(held(a, 1, 2)).isZero();
        long[] keys = index.keys().of(Prompts.tokens(1, 2), 8, 4, "alpha", new long[0]);
        assertThat(index.match(keys, 2, match)).isEqualTo(2);
    }

    @Test
    void saltsAndImagesTellBlocksApart() {
        long salt = BlockKeys.extra("tenant-1", 0);
        KvEvent.Stored plain = stored(1, 0, 2, 1, 2);
        index.apply(
                a,
                new KvEvent.Stored(
                        Tier.GPU, "", 4, plain.hashes(), plain.parent(), plain.tokens(), new long[] {salt, 0}));
        assertThat(held(a, 1, 2)).isZero();
        long[] keys = index.keys().of(Prompts.tokens(1, 2), 8, 4, "", new long[] {salt});
        assertThat(index.match(keys, 2, match)).isEqualTo(2);
        long[] other = index.keys().of(Prompts.tokens(1, 2), 8, 4, "", new long[] {BlockKeys.extra("tenant-2", 0)});
        assertThat(index.match(other, 2, match)).isZero();
    }

    @Test
    void countsThatDoNotFitAreCountedAndChangeNothing() {
        KvEvent.Stored good = stored(1, 0, 2, 1, 2);
        for (int size : new int[] {0, -1, 3, 5, Integer.MAX_VALUE}) {
            KvEvent.Stored bad = new KvEvent.Stored(
                    Tier.GPU, "", size, good.hashes(), good.parent(), good.tokens(), good.extras());
            assertThat(index.apply(a, bad)).isEqualTo(2);
        }
        assertThat(index.pairs()).isZero();
    }

    @Test
    void aClearEmptiesItsOwnLaneOnly() {
        index.apply(a, stored(1, 0, 2, 1, 2));
        index.apply(b, stored(1, 0, 2, 1, 2));
        index.apply(a, new KvEvent.Cleared());
        assertThat(held(a, 1, 2)).isZero();
        assertThat(held(b, 1, 2)).isEqualTo(2);
        assertThat(index.pairs()).isEqualTo(2);
    }

    @Test
    void aClosedLaneLeavesNothingAndItsNumberIsGivenAgain() {
        index.apply(a, stored(1, 0, 3, 1, 2, 3));
        index.close(a);
        assertThat(index.pairs()).isZero();
        assertThat(index.open(10)).isEqualTo(a);
        assertThat(held(a, 1, 2, 3)).isZero();
    }

    @Test
    void whatAnEngineWasFoundNotToHoldIsTakenOut() {
        index.apply(a, stored(1, 0, 4, 1, 2, 3, 4));
        index.apply(b, stored(2, 0, 4, 1, 2, 3, 4));
        index.truncate(a, keys(index, 1, 2, 3, 4), 4, 1);
        assertThat(held(a, 1, 2, 3, 4)).isEqualTo(1);
        assertThat(match.blocks(b)).isEqualTo(4);
        index.apply(a, stored(1, 1, 4, 1, 2, 3, 4));
        assertThat(held(a, 1, 2, 3, 4)).isEqualTo(4);
    }

    @Test
    void oneHashForTwoDifferentBlocksIsOddAndTheFirstCounts() {
        index.apply(a, stored(1, 0, 1, 1));
        KvEvent.Stored lie = new KvEvent.Stored(
                Tier.GPU, "", 4, Prompts.hashes(1, 0, 1, 1), OptionalLong.empty(), Prompts.tokens(2), new long[0]);
        assertThat(index.apply(a, lie)).isEqualTo(1);
        assertThat(held(a, 1)).isEqualTo(1);
        assertThat(held(a, 2)).isZero();
    }

    @Test
    void twoHashesForOneBlockCountOnce() {
        index.apply(a, stored(1, 0, 1, 1));
        index.apply(a, stored(2, 0, 1, 1));
        assertThat(index.pairs()).isEqualTo(1);
        index.apply(a, removed(Tier.GPU, 1, 0, 1, 1));
        index.apply(a, removed(Tier.GPU, 2, 0, 1, 1));
        assertThat(held(a, 1)).isZero();
        assertThat(index.pairs()).isZero();
    }

    @Test
    void manyLanesAreTold() {
        int[] lanes = new int[300];
        for (int i = 0; i < lanes.length; i++) {
            lanes[i] = index.open(100);
            index.apply(lanes[i], stored(i, 0, 1 + i % 7, 1, 2, 3, 4, 5, 6, 7));
        }
        index.match(keys(index, 1, 2, 3, 4, 5, 6, 7), 7, match);
        for (int i = 0; i < lanes.length; i++) {
            assertThat(match.blocks(lanes[i])).isEqualTo(1 + i % 7);
        }
        assertThat(match.blocks(a)).isZero();
    }
}
