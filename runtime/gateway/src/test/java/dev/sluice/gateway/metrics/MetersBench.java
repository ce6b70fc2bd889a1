package dev.sluice.gateway.metrics;

import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/** All that is counted of one request. Should be less than a microsecond. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class MetersBench {
    private final Meters meters = new Meters("bench", System::nanoTime);

    /** From the lane that its labels lead to until it has ended. */
    @Benchmark
    public Object request() {
        Lane lane = meters.lane("chat", "acme", "/v1/chat/completions");
        lane.firstToken(200_000_000);
        lane.perToken(20_000_000);
        lane.tokens("m", 1000, 800, 100);
        lane.prefix(800, 790);
        lane.ended(200, "ok", 2_000_000_000);
        meters.attempt("completed");
        meters.promptTokens("exact");
        meters.decision(20_000);
        return lane;
    }

    /** Ends what counts. */
    @TearDown
    public void close() {
        meters.close();
    }
}
