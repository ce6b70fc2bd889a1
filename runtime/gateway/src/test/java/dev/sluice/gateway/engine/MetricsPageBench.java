package dev.sluice.gateway.engine;

import java.io.IOException;
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

/** Reading a page of metrics as a real engine gives it (vLLM 0.32, 90 KB). Should take far less than 0.1 ms. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class MetricsPageBench {
    private byte[] page = new byte[0];

    /** Reads the capture. */
    @Setup
    public void read() throws IOException {
        page = MetricsPageTest.capture("vllm-0.32-during.txt");
    }

    /** All that the gateway wants to know of it. */
    @Benchmark
    public Object page() {
        return MetricsPage.parse(page, page.length);
    }
}
