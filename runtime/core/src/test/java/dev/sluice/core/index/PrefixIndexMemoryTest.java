package dev.sluice.core.index;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.junit.jupiter.api.Test;

class PrefixIndexMemoryTest {
    @Test
    void memoryStaysWithinItsBoundEvenWhenEveryPromptIsOneBlock() {
        PrefixIndex index = new PrefixIndex(10, 1_000_000, 1 << 20);
        for (int i = 0; i < 50_000; i++) {
            index.insert(i % 10, PrefixIndexTest.path(i), 1);
            assertThat(index.bytes()).isLessThanOrEqualTo(1 << 20);
        }
        assertThat(index.blocks()).isGreaterThan((1 << 20) / 400);
        long[] last = PrefixIndexTest.path(49_999);
        assertThat(index.match(last, 1, new int[10])).isEqualTo(1);
    }

    @Test
    void theOldestOfAllSlotsIsForgottenFirst() {
        PrefixIndex index = new PrefixIndex(10, 1_000_000, 100_000);
        int[] found = new int[10];
        for (int i = 0; i < 10_000; i++) {
            index.insert(i % 10, PrefixIndexTest.path(i, 1, 2), 3);
            index.match(PrefixIndexTest.path(Math.max(0, i - 300), 1, 2), 3, found);
            assertThat(found[Math.max(0, i - 300) % 10]).isEqualTo(3);
        }
    }

    /** 16 endpoints, conversations of 1 to 8 turns of 4 to 60 blocks with one of 20 shared beginnings. */
    @Test
    void aBlockOfAnEndpointCostsAtMostFortyBytes() {
        long before = used();
        PrefixIndex index = new PrefixIndex(16, 60_000, 1L << 30);
        Random random = new Random(6);
        long[] chain = new long[2000];
        for (int conversation = 0; conversation < 12_000; conversation++) {
            int slot = random.nextInt(16);
            int length = 0;
            long last = Xxh64.hash(1, random.nextInt(20));
            for (int i = 0; i < 100; i++) {
                last = Xxh64.hash(i, last);
                chain[length++] = last;
            }
            last = Xxh64.hash(conversation, last);
            for (int turn = 1 + random.nextInt(8); turn > 0; turn--) {
                for (int i = 4 + random.nextInt(57); i > 0; i--) {
                    last = Xxh64.hash(i, last);
                    chain[length++] = last;
                }
                index.insert(slot, chain, length);
            }
        }
        double real = (double) (used() - before) / index.blocks();
        double estimate = (double) index.bytes() / index.blocks();
        assertThat(index.blocks()).isGreaterThan(900_000);
        assertThat(real).isLessThan(40);
        assertThat(estimate).isBetween(real * 0.8, real * 1.4);
    }

    private static long used() {
        System.gc();
        return Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
    }
}
