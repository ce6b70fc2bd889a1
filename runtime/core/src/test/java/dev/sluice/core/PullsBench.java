package dev.sluice.core;

import java.time.Duration;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * What a decision pays for knowing who fetches from whom: 100 endpoints that can all fetch from each other, over links of
 * different speeds, of which
 *
 * <ul>
 *   <li>{@code alike}: 8 hold the same beginning, the others nothing;
 *   <li>{@code system}: all hold a system prompt, and 8 different conversations behind it;
 *   <li>{@code all}: each holds something else.
 * </ul>
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 3, time = 1)
@Fork(
        value = 1,
        jvmArgs = {"-Xmx512m", "-XX:+UseSerialGC", "-XX:+UseCompactObjectHeaders"})
public class PullsBench {
    private static final int ENDPOINTS = 100;
    private static final int SOURCES = 8;

    /** Who holds what. */
    @Param({"alike", "system", "all"})
    public String held = "alike";

    private final Random random = new Random(7);
    private final double[][] cached = new double[64][ENDPOINTS];
    private Placement placement = placement();
    private int next;

    private Placement placement() {
        Fixture f = new Fixture(
                ENDPOINTS,
                new PoolSettings(
                        "test",
                        64,
                        16,
                        5,
                        Duration.ofSeconds(1),
                        Duration.ZERO,
                        PoolSettings.Priors.DEFAULT,
                        PoolSettings.Moves.NONE,
                        true));
        for (int i = 0; i < 500; i++) {
            f.charge("e" + random.nextInt(ENDPOINTS));
        }
        return new Placement(
                Fixture.request(),
                f.pool.snapshot(f.now),
                new int[ENDPOINTS],
                "",
                Set.of(),
                Set.of(),
                7,
                new Splitting(Set.of(), true));
    }

    /** Draws who holds what. */
    @Setup
    public void setUp() {
        for (double[] row : cached) {
            for (int i = 0; i < ENDPOINTS; i++) {
                row[i] = held.equals("all") ? random.nextInt(8000) : held.equals("system") ? 1024 : 0;
            }
            for (int i = 0; i < SOURCES; i++) {
                row[random.nextInt(ENDPOINTS)] = held.equals("alike") ? 6000 : 2000 + random.nextInt(6000);
            }
        }
    }

    /** For all endpoints. */
    @Benchmark
    public Object pulls() {
        return Pulls.of(placement, cached[next++ & 63]);
    }
}
