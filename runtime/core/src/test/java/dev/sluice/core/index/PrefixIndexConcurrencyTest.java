package dev.sluice.core.index;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

class PrefixIndexConcurrencyTest {
    private static final int SLOTS = 8;

    @Test
    void readersSeeWhatStaysAndNeverWhatWasNotInserted() throws Exception {
        PrefixIndex index = new PrefixIndex(SLOTS, 400, 1L << 30);
        long[] stable = stable();
        index.setCapacity(0, 1 << 20);
        index.insert(0, stable, stable.length);
        AtomicBoolean writing = new AtomicBoolean(true);
        try (ExecutorService threads = Executors.newFixedThreadPool(4)) {
            List<Future<Integer>> writers = new ArrayList<>();
            List<Future<Integer>> readers = new ArrayList<>();
            for (int i = 0; i < 2; i++) {
                int seed = i;
                writers.add(threads.submit(() -> write(index, seed)));
                readers.add(threads.submit(read(index, stable, writing, seed)));
            }
            for (Future<Integer> writer : writers) {
                assertThat(writer.get()).isEqualTo(40_000);
            }
            writing.set(false);
            for (Future<Integer> reader : readers) {
                assertThat(reader.get()).isPositive();
            }
        }
    }

    private static long[] stable() {
        long[] blocks = new long[200];
        for (int i = 0; i < blocks.length; i++) {
            blocks[i] = i % 3;
        }
        return PrefixIndexTest.path(blocks);
    }

    /** Forks of the stable path at every block, so that it is cut again and again, and all other changes beside them. */
    private static int write(PrefixIndex index, int seed) {
        Random random = new Random(seed);
        for (int i = 0; i < 40_000; i++) {
            long[] blocks = new long[200];
            int fork = random.nextInt(200);
            for (int k = 0; k < blocks.length; k++) {
                blocks[k] = k < fork ? k % 3 : 10 + random.nextInt(2);
            }
            long[] path = PrefixIndexTest.path(blocks);
            int slot = 1 + random.nextInt(SLOTS - 1);
            switch (random.nextInt(8)) {
                case 0 -> index.removeSlot(slot);
                case 1 -> index.truncate(slot, path, path.length, random.nextInt(200));
                case 2 -> index.setCapacity(slot, 100 + random.nextInt(2000));
                default -> index.insert(slot, path, random.nextInt(200));
            }
        }
        return 40_000;
    }

    private static Callable<Integer> read(PrefixIndex index, long[] stable, AtomicBoolean writing, int seed) {
        return () -> {
            Random random = new Random(100 + seed);
            int[] found = new int[SLOTS];
            int reads = 0;
            while (writing.get() || reads == 0) {
                assertThat(index.match(stable, stable.length, found)).isEqualTo(stable.length);
                assertThat(found[0]).isEqualTo(stable.length);
                int fork = random.nextInt(stable.length);
                long[] never = stable.clone();
                for (int i = fork; i < never.length; i++) {
                    never[i] = random.nextLong();
                }
                index.match(never, never.length, found);
                assertThat(Arrays.stream(found).max().orElse(0)).isEqualTo(fork);
                assertThat(found[0]).isEqualTo(fork);
                reads++;
            }
            return reads;
        };
    }
}
