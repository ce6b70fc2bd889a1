package dev.sluice.core.bench;

import dev.sluice.core.kv.BlockIndex;
import dev.sluice.core.kv.KvEvent;
import dev.sluice.core.kv.Match;
import dev.sluice.core.kv.Tier;
import java.util.OptionalLong;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * The precise index at a million pairs: 100 engines of 10,000 blocks of 16 tokens. Each engine holds all of 4 system prompts of
 * 104 blocks and conversations of 512 blocks that go on from them, and keeps storing the next 8 blocks of one and losing the last 8
 * of its oldest. What is measured is everything from a decoded event on: hashing the tokens, finding the parent, both tables. Events
 * are made just before they are applied, as a decoder makes them; that costs some 10 ns per block and is measured too.
 */
@State(Scope.Thread)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(value = 1, jvmArgs = {"-Xmx1g", "-XX:+UseSerialGC", "-XX:+UseCompactObjectHeaders"})
public class KvBench {
    private static final int ENGINES = 100;
    private static final int SYSTEMS = 4;
    private static final int SYSTEM = 104;
    private static final int PROMPT = 512;
    private static final int STEP = 8;
    private static final int SEGMENTS = (PROMPT - SYSTEM) / STEP;
    private static final int HELD = 23;
    private final Random random = new Random(7);
    private final int[] at = new int[ENGINES];
    private final long[][] prompts = new long[2000][];
    private final Match match = new Match();
    private BlockIndex index = new BlockIndex(1, 1);

    /** Fills the index and lets every engine turn over twice, so that nothing lies in the order in which it first came. */
    @Setup
    public void setUp() {
        index = new BlockIndex(random.nextLong(), 10_000_000);
        for (int engine = 0; engine < ENGINES; engine++) {
            index.open(1_000_000);
            for (int system = 0; system < SYSTEMS; system++) {
                index.apply(engine, stored(engine, -1 - system, 0, SYSTEM));
            }
        }
        for (int i = 0; i < ENGINES * HELD * SEGMENTS * 3; i++) {
            step();
        }
        for (int i = 0; i < prompts.length; i++) {
            int engine = random.nextInt(ENGINES);
            int conversation = at[engine] / SEGMENTS - 2 - random.nextInt(HELD - 3);
            int[] tokens = new int[PROMPT * 16];
            System.arraycopy(tokens(0, system(conversation), 0, SYSTEM), 0, tokens, 0, SYSTEM * 16);
            int[] own = tokens(engine, conversation, SYSTEM, PROMPT);
            System.arraycopy(own, 0, tokens, SYSTEM * 16, own.length);
            prompts[i] = index.keys().of(tokens, tokens.length, 16, "", new long[0]);
        }
    }

    private static int system(int conversation) {
        return -1 - conversation % SYSTEMS;
    }

    private static long mix(long a, long b) {
        long z = a * 0x9E3779B97F4A7C15L + b * 0xD1B54A32D192ED03L;
        z = (z ^ z >>> 30) * 0xBF58476D1CE4E5B9L;
        return z ^ z >>> 27;
    }

    /** Tokens of a conversation; those of system prompts, whose numbers are negative, are the same for all engines. */
    private static int[] tokens(int engine, int conversation, int from, int to) {
        int[] tokens = new int[(to - from) * 16];
        long seed = mix(conversation < 0 ? 0 : engine, conversation);
        for (int i = 0; i < tokens.length; i += 2) {
            long two = mix(seed, from * 16L + i);
            tokens[i] = (int) (two & 0x1FFFF);
            tokens[i + 1] = (int) (two >>> 32 & 0x1FFFF);
        }
        return tokens;
    }

    private static long hash(int engine, int conversation, int block) {
        return mix(mix(engine, block < SYSTEM && conversation >= 0 ? system(conversation) : conversation), block);
    }

    private static long[] hashes(int engine, int conversation, int from, int to) {
        long[] hashes = new long[to - from];
        for (int i = from; i < to; i++) {
            hashes[i - from] = hash(engine, conversation, i);
        }
        return hashes;
    }

    private static KvEvent stored(int engine, int conversation, int from, int to) {
        return new KvEvent.Stored(
                Tier.GPU,
                "",
                16,
                hashes(engine, conversation, from, to),
                from == 0 ? OptionalLong.empty() : OptionalLong.of(hash(engine, conversation, from - 1)),
                tokens(engine, conversation, from, to),
                new long[0]);
    }

    private int step() {
        int engine = random.nextInt(ENGINES);
        int now = at[engine]++;
        int from = SYSTEM + now % SEGMENTS * STEP;
        int odd = index.apply(engine, stored(engine, now / SEGMENTS, from, from + STEP));
        int old = now - HELD * SEGMENTS;
        if (old >= 0) {
            int tail = PROMPT - (old % SEGMENTS + 1) * STEP;
            odd += index.apply(
                    engine, new KvEvent.Removed(Tier.GPU, hashes(engine, old / SEGMENTS, tail, tail + STEP)));
        }
        return odd;
    }

    /** One block stored or removed, with its share of the event. */
    @Benchmark
    @BenchmarkMode(Mode.AverageTime)
    @OperationsPerInvocation(2 * STEP)
    public int operation() {
        return step();
    }

    /** The longest prefix of a prompt of 512 blocks at every engine. */
    @Benchmark
    @BenchmarkMode({Mode.AverageTime, Mode.SampleTime})
    public int query() {
        return index.match(prompts[random.nextInt(prompts.length)], PROMPT, match);
    }
}
