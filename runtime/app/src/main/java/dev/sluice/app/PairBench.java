package dev.sluice.app;

import dev.sluice.gateway.Gateway;
import dev.sluice.gateway.config.Catalog;
import dev.sluice.gateway.config.ConfigLoader;
import dev.sluice.gateway.config.Loaded;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/**
 * {@code bench pd --added}: what two legs add to the time to first token. Engines that answer at once stand behind a gateway in this
 * process and say how long each leg was with them; the rest is the gateway's, sockets included. The same is measured of requests
 * with one leg.
 */
final class PairBench {
    private static final int WARM_UP = 2000;
    private static final double LIMIT_MS = 1;

    private PairBench() {}

    /** Measures and prints; false when the bar was missed. */
    static boolean run(int requests, PrintWriter out) throws IOException, InterruptedException {
        try (TimedEngine prefill = new TimedEngine();
                TimedEngine decode = new TimedEngine();
                TimedEngine alone = new TimedEngine();
                Gateway gateway = gateway(prefill.port(), decode.port(), alone.port())) {
            if (!gateway.awaitReady(Duration.ofSeconds(20))) {
                throw new IOException("the gateway did not find its engines");
            }
            double[] two = measure(gateway.port(), "apart", requests, prefill, decode);
            double[] one = measure(gateway.port(), "alone", requests, alone);
            boolean met = half(two) <= LIMIT_MS;
            out.printf(
                    Locale.ROOT,
                    "Gateway time to the first token, %d requests of 8 KB one at a time, ms beyond the legs themselves; load %s"
                            + " (of anything above the processors' number the figures are the scheduler's):%n"
                            + "two legs p50 %.3f p99 %.3f; one leg p50 %.3f p99 %.3f%n"
                            + "bar: two legs p50 at most %.0f ms: %s%n",
                    requests,
                    Files.readString(Path.of("/proc/loadavg")).split(" ", 2)[0],
                    half(two),
                    at(two, 0.99),
                    half(one),
                    at(one, 0.99),
                    LIMIT_MS,
                    met ? "met" : "MISSED");
            out.flush();
            return met;
        }
    }

    private static double half(double[] sorted) {
        return at(sorted, 0.5);
    }

    private static double at(double[] sorted, double share) {
        return sorted[(int) Math.min(sorted.length - 1L, (long) (share * sorted.length))];
    }

    private static Gateway gateway(int prefill, int decode, int alone) throws IOException {
        Path file = Files.createTempFile("sluice-pair", ".yaml");
        try {
            Files.writeString(file, """
                    server: {host: 127.0.0.1, port: 0, admin: {port: 0}}
                    pools:
                      - name: apart
                        models: [apart]
                        connector: {type: nixl, parameters: {warmUp: false}}
                        routing: always
                        endpoints:
                          - {url: "http://127.0.0.1:%d", role: prefill}
                          - {url: "http://127.0.0.1:%d", role: decode}
                      - {name: alone, models: [alone], endpoints: [{url: "http://127.0.0.1:%d"}]}
                    routing:
                      always:
                        plugins:
                          - {type: decode-filter}
                          - {type: prefill-filter}
                          - {type: least-work-scorer}
                          - {type: max-score-picker}
                          - {type: always-disagg-pd-decider}
                          - {type: disagg-profile-handler, parameters: {deciders: {prefill: always-disagg-pd-decider}}}
                        schedulingProfiles:
                          - name: decode
                            plugins: [{pluginRef: decode-filter}, {pluginRef: least-work-scorer}, {pluginRef: max-score-picker}]
                          - name: prefill
                            plugins: [{pluginRef: prefill-filter}, {pluginRef: least-work-scorer}, {pluginRef: max-score-picker}]
                    """.formatted(prefill, decode, alone));
            Loaded loaded = new ConfigLoader(name -> Optional.empty()).load(file, Catalog.onClassPath());
            return Gateway.start(
                    loaded.config()
                            .orElseThrow(() ->
                                    new IllegalStateException(loaded.errors().toString())),
                    loaded.catalog());
        } finally {
            Files.delete(file);
        }
    }

    /** Sorted times in ms. */
    private static double[] measure(int port, String model, int requests, TimedEngine... engines) throws IOException {
        double[] millis = new double[requests];
        byte[] ask = ask(model);
        try (Socket client = new Socket(InetAddress.getLoopbackAddress(), port)) {
            client.setTcpNoDelay(true);
            InputStream in = new BufferedInputStream(client.getInputStream());
            OutputStream to = client.getOutputStream();
            for (int i = -WARM_UP; i < requests; i++) {
                long began = System.nanoTime();
                to.write(ask);
                until(in, "data: ");
                long took = System.nanoTime() - began;
                until(in, "0\r\n\r\n");
                for (TimedEngine engine : engines) {
                    took -= engine.lastNanos();
                }
                if (i >= 0) {
                    millis[i] = took / 1e6;
                }
            }
        }
        Arrays.sort(millis);
        return millis;
    }

    private static byte[] ask(String model) {
        String body = "{\"model\":\"" + model + "\",\"stream\":true,\"max_tokens\":8,\"messages\":[{\"role\":\"user\","
                + "\"content\":\"" + "eight kilobytes of words ".repeat(330) + "\"}]}";
        String head =
                "POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: "
                        + body.length() + "\r\n\r\n";
        return (head + body).getBytes(StandardCharsets.US_ASCII);
    }

    private static void until(InputStream in, String text) throws IOException {
        byte[] wanted = text.getBytes(StandardCharsets.US_ASCII);
        for (int found = 0; found < wanted.length; ) {
            int next = in.read();
            if (next < 0) {
                throw new IOException("the gateway ended its answer");
            }
            found = next == wanted[found] ? found + 1 : next == wanted[0] ? 1 : 0;
        }
    }
}
