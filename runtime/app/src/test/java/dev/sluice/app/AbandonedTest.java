package dev.sluice.app;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sluice.gateway.Gateway;
import dev.sluice.gateway.config.Catalog;
import dev.sluice.gateway.config.ConfigLoader;
import dev.sluice.gateway.config.Loaded;
import dev.sluice.simulator.SimulatorOptions;
import dev.sluice.simulator.SimulatorServer;
import dev.sluice.simulator.transfer.ConnectorKind;
import dev.sluice.simulator.transfer.TransferOptions;
import dev.sluice.spi.Role;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Clients that leave at any moment of a request that two engines serve, and what stays pinned: nothing that the gateway does not
 * know of, and hardly anything that waits for the end of its lease. {@code -Dsluice.aborts=1000} is the long form.
 */
@Timeout(300)
class AbandonedTest {
    private static final int ABORTS = Integer.getInteger("sluice.aborts", 100);
    private static final int CLIENTS = 4;
    private static final int WARM_UP = 20;
    /** So many may be left to their lease; on a busy machine more are, because engines are slow to say what they keep. */
    private static final int LEFT = Integer.getInteger("sluice.aborts.left", ABORTS / 4);

    private static final String LEASES = "sluice_kv_leases{pool=\"chat\",state=\"";
    private static final String ROUTING = """
            routing:
              always:
                plugins:
                  - {type: decode-filter}
                  - {type: prefill-filter}
                  - {type: max-score-picker}
                  - {type: always-disagg-pd-decider}
                  - {type: disagg-profile-handler, parameters: {deciders: {prefill: always-disagg-pd-decider}}}
                schedulingProfiles:
                  - {name: decode, plugins: [{pluginRef: decode-filter}, {pluginRef: max-score-picker}]}
                  - {name: prefill, plugins: [{pluginRef: prefill-filter}, {pluginRef: max-score-picker}]}
            """;

    @TempDir
    Path dir;

    private static SimulatorServer engine(Role role) {
        return SimulatorServer.start(SimulatorOptions.builder()
                .model("tiny")
                .role(role)
                .timeScale(1)
                .transfer(new TransferOptions(ConnectorKind.NIXL, 0, "", 600, 12, 0.01, false, ""))
                .build());
    }

    private Gateway gateway(SimulatorServer prefill, SimulatorServer decode) throws Exception {
        Path file = Files.writeString(
                dir.resolve("gateway.yaml"),
                "server: {host: 127.0.0.1, port: 0, admin: {port: 0}}\npools:\n  - name: chat\n    models: [tiny]\n"
                        + "    connector: {type: nixl, parameters: {lease: 300s}}\n    routing: always\n"
                        + "    endpoints:\n      - {url: \"http://127.0.0.1:" + prefill.port() + "\", role: prefill}\n"
                        + "      - {url: \"http://127.0.0.1:" + decode.port() + "\", role: decode}\n" + ROUTING);
        Loaded loaded = new ConfigLoader(name -> Optional.empty()).load(file, Catalog.onClassPath());
        assertThat(loaded.errors()).isEmpty();
        Gateway started = Gateway.start(loaded.config().orElseThrow(), loaded.catalog());
        assertThat(started.awaitReady(Duration.ofSeconds(20))).isTrue();
        return started;
    }

    /** Asks, and leaves after so long, answered or not. */
    private static void abandon(int port, int number, long nanos) throws IOException, InterruptedException {
        String prompt = ("request " + number + " has a prompt of its own. ").repeat(20 + number % 160);
        String body = "{\"model\":\"tiny\",\"stream\":true,\"max_tokens\":40,\"prompt\":\"" + prompt + "\"}";
        try (Socket client = new Socket(InetAddress.getLoopbackAddress(), port)) {
            client.getOutputStream()
                    .write(("POST /v1/completions HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n"
                                    + "content-length: " + body.length() + "\r\n\r\n" + body)
                            .getBytes(StandardCharsets.UTF_8));
            client.setSoTimeout((int) Math.max(1, TimeUnit.NANOSECONDS.toMillis(nanos)));
            InputStream in = client.getInputStream();
            byte[] some = new byte[4096];
            long end = System.nanoTime() + nanos;
            try {
                for (int n = in.read(some); n >= 0 && System.nanoTime() < end; n = in.read(some)) {
                    if (new String(some, 0, n, StandardCharsets.UTF_8).contains("[DONE]")) {
                        return;
                    }
                }
            } catch (SocketTimeoutException enough) {
                // It leaves.
            }
            client.setSoLinger(number % 2 == 0, 0);
        }
    }

    private static double metric(String page, String series) {
        return page.lines()
                .filter(line -> line.startsWith(series))
                .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
                .sum();
    }

    private static String metrics(HttpClient http, Gateway gateway) throws Exception {
        URI page = URI.create("http://127.0.0.1:" + gateway.adminPort() + "/metrics");
        return http.send(HttpRequest.newBuilder(page).build(), BodyHandlers.ofString())
                .body();
    }

    @Test
    void nothingIsPinnedThatNobodyKnowsOfAndHardlyAnythingThatIsLeftToItsLease() throws Exception {
        SplittableRandom random = new SplittableRandom(11);
        try (SimulatorServer prefill = engine(Role.PREFILL);
                SimulatorServer decode = engine(Role.DECODE);
                Gateway gateway = gateway(prefill, decode);
                HttpClient http = HttpClient.newHttpClient();
                ExecutorService clients = Executors.newFixedThreadPool(CLIENTS)) {
            for (int i = 0; i < WARM_UP; i++) {
                abandon(gateway.port(), i, TimeUnit.SECONDS.toNanos(60));
            }
            List<Callable<Void>> all = new ArrayList<>();
            for (int i = 0; i < ABORTS; i++) {
                int number = i;
                long patience = random.nextLong(TimeUnit.MILLISECONDS.toNanos(400));
                all.add(() -> {
                    abandon(gateway.port(), number, patience);
                    return null;
                });
            }
            for (var done : clients.invokeAll(all)) {
                done.get();
            }
            // A second for what is under way to end.
            long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(1);
            JsonNode kept = prefill.exchanges().json();
            while (kept.path("pinned_blocks").asInt() > 0 && System.nanoTime() < end) {
                TimeUnit.MILLISECONDS.sleep(5);
                kept = prefill.exchanges().json();
            }
            String page = metrics(http, gateway);
            int pins = kept.path("pins").size();
            double tracked = metric(page, "sluice_kv_leases{");
            double split = metric(page, "sluice_disaggregation_total{decision=\"prefill-decode\"}");
            System.out.printf(
                    "%d clients left (%.0f requests split): %d pins are left to their lease, the gateway knows of %.0f (held %.0f, left %.0f,"
                            + " unsure %.0f); leases %s%n",
                    ABORTS,
                    split,
                    pins,
                    tracked,
                    metric(page, LEASES + "held"),
                    metric(page, LEASES + "left"),
                    metric(page, LEASES + "unsure"),
                    ends(page));
            assertThat(split).isGreaterThan(ABORTS * 0.9);
            assertThat((double) pins).as("pins that nobody knows of").isLessThanOrEqualTo(tracked);
            assertThat(pins).as("left to their lease").isLessThanOrEqualTo(LEFT);
            assertThat(metric(page, "sluice_kv_lease_ends_total{how=\"released\""))
                    .as("some had to be released")
                    .isPositive();
            assertThat(decode.exchanges().stats().corrupt()).isZero();
        }
    }

    private static String ends(String page) {
        StringBuilder text = new StringBuilder();
        for (String how : List.of("fetched", "released", "expired")) {
            text.append(how)
                    .append(' ')
                    .append((long) metric(page, "sluice_kv_lease_ends_total{how=\"" + how))
                    .append(' ');
        }
        return text.toString().strip();
    }
}
