package dev.sluice.core.kv;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.OptionalLong;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** A million pairs of a block and an engine, however they are spread. */
class BlockIndexMemoryTest {
    private static final int BLOCKS = 1_000_000;
    private final Random random = new Random(4);

    @Test
    void aBlockThatNobodyElseHoldsCostsAtMostFortyBytes() {
        assertThat(bytesPerPair(100, 100, 0)).isLessThan(40);
    }

    @Test
    void sharedPrefixesMakeItCheaper() {
        assertThat(bytesPerPair(100, 100, 20)).isLessThan(40);
    }

    @Test
    void fewEnginesWithLargeCachesCostNoMore() {
        assertThat(bytesPerPair(4, 100, 0)).isLessThan(40);
    }

    private double bytesPerPair(int engines, int chain, int shared) {
        double before = used();
        BlockIndex index = new BlockIndex(random.nextLong(), 10_000_000);
        int[] common = random.ints(shared * 16L).toArray();
        for (int engine = 0; engine < engines; engine++) {
            index.open(BLOCKS);
        }
        while (index.pairs() < BLOCKS) {
            int engine = random.nextInt(engines);
            int[] tokens = random.ints(chain * 16L).toArray();
            System.arraycopy(common, 0, tokens, 0, common.length);
            long[] hashes = random.longs(chain).toArray();
            for (int i = 0; i < shared; i++) {
                hashes[i] = engine * 1000L + i;
            }
            int cut = shared + random.nextInt(chain - shared);
            store(index, engine, Arrays.copyOf(hashes, cut), OptionalLong.empty(), Arrays.copyOf(tokens, cut * 16));
            if (cut > 0) {
                store(
                        index,
                        engine,
                        Arrays.copyOfRange(hashes, cut, chain),
                        OptionalLong.of(hashes[cut - 1]),
                        Arrays.copyOfRange(tokens, cut * 16, chain * 16));
            }
        }
        double bytes = (used() - before) / index.pairs();
        System.out.printf("%d engines, %d of %d blocks shared: %.1f bytes per pair%n", engines, shared, chain, bytes);
        return bytes;
    }

    private static void store(BlockIndex index, int engine, long[] hashes, OptionalLong parent, int[] tokens) {
        index.apply(engine, new KvEvent.Stored(Tier.GPU, "", 16, hashes, parent, tokens, new long[0]));
    }

    /** SerialGC leaves up to 5 % of dead objects in place in three of four full collections. */
    private static double used() {
        for (int i = 0; i < 4; i++) {
            System.gc();
        }
        return (double) Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
    }
}
