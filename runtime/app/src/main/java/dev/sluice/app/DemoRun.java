package dev.sluice.app;

import java.io.Console;
import java.io.IOException;
import java.io.PrintWriter;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** Sends a workload at its own times (open loop) and watches the answers. */
final class DemoRun {
    private static final String PATH = "/v1/chat/completions";

    private final DemoWorkload workload;
    private final IntFunction<URI> target;
    private final double[] ttft;
    /** Longest time between two events of an answer, ms. */
    private final double[] pauses;

    private final AtomicInteger failed = new AtomicInteger();
    private final AtomicInteger ended = new AtomicInteger();
    private final AtomicReference<String> lastId = new AtomicReference<>("");

    private DemoRun(DemoWorkload workload, IntFunction<URI> target) {
        this.workload = workload;
        this.target = target;
        this.ttft = new double[workload.asks().size()];
        Arrays.fill(ttft, Double.NaN);
        this.pauses = new double[ttft.length];
        Arrays.fill(pauses, Double.NaN);
    }

    /** Request i goes to engine i modulo their number. */
    static DemoResult roundRobin(DemoFleet fleet, DemoWorkload workload, PrintWriter progress)
            throws IOException, InterruptedException {
        List<Integer> ports = fleet.ports();
        return new DemoRun(workload, i -> uri(ports.get(i % ports.size()))).run(fleet, progress);
    }

    /** All requests go to the gateway. */
    static DemoResult through(int port, DemoFleet fleet, DemoWorkload workload, PrintWriter progress)
            throws IOException, InterruptedException {
        return new DemoRun(workload, i -> uri(port)).run(fleet, progress);
    }

    /** Request i goes to gateway i modulo their number. */
    static DemoResult across(List<Integer> ports, DemoFleet fleet, DemoWorkload workload, PrintWriter progress)
            throws IOException, InterruptedException {
        return new DemoRun(workload, i -> uri(ports.get(i % ports.size()))).run(fleet, progress);
    }

    private static URI uri(int port) {
        return URI.create("http://127.0.0.1:" + port + PATH);
    }

    private DemoResult run(DemoFleet fleet, PrintWriter progress) throws IOException, InterruptedException {
        boolean terminal =
                Optional.ofNullable(System.console()).map(Console::isTerminal).orElse(false);
        try (HttpClient http =
                HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build()) {
            long start = System.nanoTime();
            CountDownLatch done = new CountDownLatch(workload.asks().size());
            for (int i = 0; i < workload.asks().size(); i++) {
                DemoWorkload.Ask ask = workload.asks().get(i);
                long wait;
                while ((wait = start + ask.atNanos() - System.nanoTime()) > 0) {
                    LockSupport.parkNanos(wait);
                }
                int index = i;
                Thread.ofVirtual().start(() -> {
                    one(http, index, ask);
                    ended.incrementAndGet();
                    done.countDown();
                });
                if (terminal && i % 20 == 0) {
                    progress.print("\r  " + i + " of " + workload.asks().size() + " sent, " + ended.get() + " ended");
                    progress.flush();
                }
            }
            done.await();
            if (terminal) {
                progress.print("\r" + " ".repeat(60) + "\r");
                progress.flush();
            }
            double seconds = (System.nanoTime() - start) / 1e9;
            return new DemoResult(
                    sorted(ttft, false),
                    sorted(ttft, true),
                    sorted(pauses, false),
                    seconds,
                    failed.get(),
                    fleet.counter(http, "vllm:prefix_cache_queries_total"),
                    fleet.counter(http, "vllm:prefix_cache_hits_total"),
                    lastId.get());
        }
    }

    private double[] sorted(double[] values, boolean documents) {
        return IntStream.range(0, values.length)
                .filter(i -> workload.asks().get(i).document() == documents)
                .mapToDouble(i -> values[i])
                .filter(v -> !Double.isNaN(v))
                .sorted()
                .toArray();
    }

    private void one(HttpClient http, int index, DemoWorkload.Ask ask) {
        HttpRequest request = HttpRequest.newBuilder(target.apply(index))
                .timeout(Duration.ofMinutes(2))
                .header("content-type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(ask.body()))
                .build();
        long sent = System.nanoTime();
        boolean complete = false;
        try {
            HttpResponse<Stream<String>> answer = http.send(request, HttpResponse.BodyHandlers.ofLines());
            answer.headers().firstValue("x-sluice-id").ifPresent(lastId::set);
            try (Stream<String> lines = answer.body()) {
                long last = sent;
                for (Iterator<String> each = lines.iterator(); each.hasNext(); ) {
                    String line = each.next();
                    if (line.startsWith("data:") && answer.statusCode() == 200) {
                        long now = System.nanoTime();
                        if (Double.isNaN(ttft[index])) {
                            ttft[index] = (now - sent) / 1e6;
                            pauses[index] = 0;
                        } else {
                            pauses[index] = Math.max(pauses[index], (now - last) / 1e6);
                        }
                        last = now;
                    }
                    complete |= line.equals("data: [DONE]");
                }
            }
        } catch (IOException | java.io.UncheckedIOException broken) {
            complete = false;
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
        }
        if (!complete) {
            failed.incrementAndGet();
        }
    }
}
