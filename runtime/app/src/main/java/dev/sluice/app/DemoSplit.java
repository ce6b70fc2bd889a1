package dev.sluice.app;

import dev.sluice.gateway.Gateway;
import java.io.IOException;
import java.io.PrintWriter;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.locks.LockSupport;

/** What it is worth to compute prompts on other engines than answers: the same workload over the same engines, both ways. */
final class DemoSplit {
    private static final Duration READY = Duration.ofSeconds(30);

    private DemoSplit() {}

    /** Runs the workload over a fleet that a gateway stands before. */
    static DemoResult run(DemoFleet fleet, Gateway gateway, DemoWorkload workload, PrintWriter progress)
            throws IOException, InterruptedException {
        if (!gateway.awaitReady(READY)) {
            throw new IOException("the gateway did not find its engines");
        }
        awaitPairs(fleet);
        return DemoRun.through(gateway.port(), fleet, workload, progress);
    }

    /** Waits until all pairs have shaken hands: two requests of the gateway's own for each. */
    private static void awaitPairs(DemoFleet fleet) throws IOException, InterruptedException {
        try (HttpClient http = HttpClient.newHttpClient()) {
            long end = System.nanoTime() + READY.toNanos();
            while (fleet.counter(http, "vllm:request_success_total") < 2 * fleet.pairs()) {
                if (System.nanoTime() > end) {
                    throw new IOException("the engines did not shake hands in time");
                }
                LockSupport.parkNanos(50_000_000);
            }
        }
    }

    static String text(DemoWorkload workload, int engines, DemoResult alike, DemoResult apart, int adminPort)
            throws IOException, InterruptedException {
        long documents =
                workload.asks().stream().filter(DemoWorkload.Ask::document).count();
        StringBuilder text = new StringBuilder();
        text.append(String.format(
                Locale.ROOT,
                "%n%d chats with %d long documents between them, through Sluice, over %d engines that are all alike, and over the%n"
                        + "same number of which %d compute prompts and %d generate, with KV moved between them (connector nixl)%n%n",
                workload.asks().size() - documents,
                documents,
                engines,
                engines / 2,
                engines - engines / 2));
        text.append(String.format(Locale.ROOT, "%-38s %10s %10s%n", "", "all alike", "apart"));
        row(text, "longest pause in a chat, p50 (ms)", alike.pauseMillis(), apart.pauseMillis(), 0.5);
        row(text, "longest pause in a chat, p90 (ms)", alike.pauseMillis(), apart.pauseMillis(), 0.9);
        row(text, "longest pause in a chat, p99 (ms)", alike.pauseMillis(), apart.pauseMillis(), 0.99);
        row(text, "time to first token of a chat, p50", alike.ttftMillis(), apart.ttftMillis(), 0.5);
        row(text, "time to first token of a chat, p90", alike.ttftMillis(), apart.ttftMillis(), 0.9);
        row(text, "time to first token of a document, p50", alike.documentMillis(), apart.documentMillis(), 0.5);
        row(text, "time to first token of a document, p90", alike.documentMillis(), apart.documentMillis(), 0.9);
        text.append(
                String.format(Locale.ROOT, "%-38s %,10d %,10d%n", "failed requests", alike.failed(), apart.failed()));
        text.append(decisions(adminPort));
        return text.toString();
    }

    private static void row(StringBuilder text, String name, double[] alike, double[] apart, double share) {
        text.append(String.format(
                Locale.ROOT,
                "%-38s %,10.0f %,10.0f%n",
                name,
                DemoResult.percentile(alike, share),
                DemoResult.percentile(apart, share)));
    }

    private static String decisions(int adminPort) throws IOException, InterruptedException {
        try (HttpClient http = HttpClient.newHttpClient()) {
            String page = http.send(
                            HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + adminPort + "/metrics"))
                                    .build(),
                            HttpResponse.BodyHandlers.ofString())
                    .body();
            return String.format(
                    Locale.ROOT,
                    "prompts computed elsewhere: %.0f; left with the engine that answers, because that was sooner: %.0f%n",
                    value(page, "prefill-decode"),
                    value(page, "decode-only"));
        }
    }

    private static double value(String page, String decision) {
        String series = "sluice_disaggregation_total{decision=\"" + decision + "\"}";
        return page.lines()
                .filter(line -> line.startsWith(series))
                .mapToDouble(line -> Double.parseDouble(line.substring(series.length())))
                .sum();
    }
}
