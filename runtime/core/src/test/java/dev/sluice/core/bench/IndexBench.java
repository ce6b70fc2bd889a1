package dev.sluice.core.bench;

import dev.sluice.core.index.PrefixIndex;
import dev.sluice.core.index.Xxh64;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * The prefix index with 100 endpoints of 31,250 blocks each, full: 4,000 conversations of up to 512 blocks on 20 system
 * prompts of 100 blocks, which all endpoints hold. Prompts are taken in random order, so that caches are as cold as in life.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class IndexBench {
    private static final int ENDPOINTS = 100;
    private static final int CONVERSATIONS = 4_000;
    private final Random random = new Random(7);
    private final long[][] chains = new long[CONVERSATIONS][512];
    private final int[] found = new int[ENDPOINTS];
    private PrefixIndex index = new PrefixIndex(ENDPOINTS, 31_250, 1L << 30);

    /** Fills the index turn by turn. */
    @Setup
    public void setUp() {
        index = new PrefixIndex(ENDPOINTS, 31_250, 1L << 30);
        for (int conversation = 0; conversation < CONVERSATIONS; conversation++) {
            long last = conversation % 20;
            for (int i = 0; i < 512; i++) {
                last = Xxh64.hash(i < 100 ? i : conversation * 1000L + i, last);
                chains[conversation][i] = last;
            }
            for (int turn = 140; turn <= 512; turn += 40) {
                index.insert(conversation % ENDPOINTS, chains[conversation], turn);
            }
            index.insert(random.nextInt(ENDPOINTS), chains[conversation], 100);
        }
    }

    /** All endpoints' longest prefixes of a prompt of 512 blocks. */
    @Benchmark
    public int match() {
        return index.match(chains[random.nextInt(CONVERSATIONS)], 512, found);
    }

    /** A prompt that was there before, on a random endpoint: half of them new to it, so others are forgotten. */
    @Benchmark
    public void insert() {
        int conversation = random.nextInt(CONVERSATIONS);
        int slot = random.nextBoolean() ? conversation % ENDPOINTS : random.nextInt(ENDPOINTS);
        index.insert(slot, chains[conversation], 512);
    }

    /** What a request pays. */
    @Benchmark
    public int matchAndInsert() {
        int conversation = random.nextInt(CONVERSATIONS);
        int best = index.match(chains[conversation], 512, found);
        index.insert(conversation % ENDPOINTS, chains[conversation], 512);
        return best;
    }
}
