package dev.sluice.core.kv;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

class BlockIndexConcurrencyTest {
    private static final int DEPTH = 60;

    /** Lane 0 holds one chain for good, lane 1 never holds any of it; the others come, go and grow the tables. */
    @Test
    void readersAlwaysSeeWhatStaysAndNeverWhatNobodyStored() throws Exception {
        BlockIndex index = new BlockIndex(7, 10_000_000);
        for (int i = 0; i < 6; i++) {
            index.open(1_000_000);
        }
        int[] words = words();
        long[] chain = Prompts.keys(index, words);
        index.apply(0, Prompts.stored(0, 0, DEPTH, words));
        AtomicBoolean writing = new AtomicBoolean(true);
        try (ExecutorService threads = Executors.newFixedThreadPool(3)) {
            List<Future<Integer>> readers = new ArrayList<>();
            for (int i = 0; i < 2; i++) {
                readers.add(threads.submit(read(index, chain, writing)));
            }
            write(index, words);
            writing.set(false);
            for (Future<Integer> reader : readers) {
                assertThat(reader.get()).isPositive();
            }
        }
    }

    private static int[] words() {
        int[] words = new int[DEPTH];
        for (int i = 0; i < DEPTH; i++) {
            words[i] = i % 3;
        }
        return words;
    }

    private static Callable<Integer> read(BlockIndex index, long[] chain, AtomicBoolean writing) {
        return () -> {
            Match match = new Match();
            int rounds = 0;
            do {
                int most = index.match(chain, DEPTH, match);
                assertThat(match.blocks(0)).isEqualTo(DEPTH);
                assertThat(most).isEqualTo(DEPTH);
                assertThat(match.blocks(1)).isZero();
                rounds++;
            } while (writing.get());
            return rounds;
        };
    }

    private static void write(BlockIndex index, int[] stable) {
        Random random = new Random(11);
        for (int i = 0; i < 60_000; i++) {
            int lane = 2 + random.nextInt(4);
            int[] words = stable.clone();
            int fork = random.nextInt(DEPTH);
            int branch = 10 + random.nextInt(40);
            for (int k = fork; k < DEPTH; k++) {
                words[k] = branch;
            }
            switch (random.nextInt(8)) {
                case 0 -> index.apply(lane, Prompts.removed(Tier.GPU, lane, fork, DEPTH, words));
                case 1 -> index.apply(lane, Prompts.removed(Tier.GPU, lane, 0, DEPTH, stable));
                case 2 -> index.apply(lane, Prompts.stored(lane, 0, DEPTH, stable));
                case 3 -> {
                    if (random.nextInt(50) == 0) {
                        index.clear(lane);
                    }
                }
                default -> index.apply(lane, Prompts.stored(lane, 0, DEPTH, words));
            }
        }
    }
}
