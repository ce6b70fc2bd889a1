package dev.sluice.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.gateway.Gateway;
import dev.sluice.gateway.config.Catalog;
import dev.sluice.gateway.config.ConfigLoader;
import dev.sluice.gateway.config.GatewayConfig;
import dev.sluice.gateway.config.Loaded;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.DoublePredicate;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Gateways as they are served, with real channels between them, before simulated engines. */
@Timeout(120)
class PeersTest {
    private static final int GATEWAYS = 2;
    private static final Pattern LEFT = Pattern.compile("\"requests\":\\{\"limit\":60,\"left\":([0-9]+)");
    private static final Pattern CROWDING = Pattern.compile("\"crowding_ms\":([0-9.E-]+)");

    @TempDir
    Path directory;

    private final HttpClient http =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final List<Gateway> gateways = new ArrayList<>();
    private final List<Integer> ports = new ArrayList<>();
    private DemoFleet fleet = DemoFleet.alike(3, 1);

    @BeforeEach
    void ports() throws IOException {
        List<ServerSocket> open = new ArrayList<>();
        for (int i = 0; i < GATEWAYS; i++) {
            open.add(new ServerSocket(0));
            ports.add(open.get(i).getLocalPort());
        }
        for (ServerSocket socket : open) {
            socket.close();
        }
    }

    @AfterEach
    void close() {
        gateways.forEach(Gateway::close);
        fleet.close();
        http.close();
    }

    private Gateway start(int index, String key) throws IOException, InterruptedException {
        return start(index, key, "");
    }

    private Gateway start(int index, String key, String more) throws IOException, InterruptedException {
        Files.writeString(directory.resolve("key" + index), key);
        Path file = Files.writeString(directory.resolve("gateway" + index + ".yaml"), """
                server: {host: 127.0.0.1, port: 0, debugHeaders: true, admin: {port: 0}}
                peers: {host: 127.0.0.1, port: %d, key: {file: key%d}, members: ["127.0.0.1:%d", "127.0.0.1:%d"], every: 50ms}
                %spools:
                  - name: demo
                    models: [%s]
                %s""".formatted(
                        ports.get(index), index, ports.get(0), ports.get(1), more, DemoFleet.MODEL, fleet.pool()));
        Loaded loaded = new ConfigLoader().load(file, Catalog.onClassPath());
        assertThat(loaded.errors()).isEmpty();
        GatewayConfig config = loaded.config().orElseThrow();
        Gateway gateway = Gateway.start(config, loaded.catalog(), ServeCommand.sources(config));
        gateways.add(gateway);
        assertThat(gateway.awaitReady(Duration.ofSeconds(20))).isTrue();
        await(gateway, page -> page.contains("state=\"ready\"} 3.0") || page.contains("state=\"slow-start\"} 3.0"));
        return gateway;
    }

    private String get(int port, String path) throws IOException, InterruptedException {
        return http.send(
                        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
                                .build(),
                        HttpResponse.BodyHandlers.ofString())
                .body();
    }

    private void await(Gateway gateway, Predicate<String> metrics) throws IOException, InterruptedException {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(40);
        String page = get(gateway.adminPort(), "/metrics");
        while (!metrics.test(page)) {
            assertThat(System.nanoTime()).as(page).isLessThan(end);
            TimeUnit.MILLISECONDS.sleep(20);
            page = get(gateway.adminPort(), "/metrics");
        }
    }

    private static double value(String page, String series) {
        return page.lines()
                .filter(line -> line.startsWith(series + " "))
                .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
                .sum();
    }

    private HttpRequest ask(Gateway gateway, String id, String system, int tokens) {
        String body = "{\"model\":\"" + DemoFleet.MODEL + "\",\"max_tokens\":" + tokens
                + ",\"ignore_eos\":true,\"messages\":[{\"role\":\"system\",\"content\":\"" + system
                + "\"},{\"role\":\"user\",\"content\":\"hello\"}]}";
        return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + gateway.port() + "/v1/chat/completions"))
                .header("content-type", "application/json")
                .header("x-request-id", id)
                .POST(HttpRequest.BodyPublishers.ofString(body))
                .build();
    }

    private String served(Gateway gateway, String id, String system) throws IOException, InterruptedException {
        HttpResponse<String> answer = http.send(ask(gateway, id, system, 4), HttpResponse.BodyHandlers.ofString());
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        return answer.headers().firstValue("x-sluice-endpoint").orElseThrow();
    }

    @Test
    void whatOneHasSentSomewhereTheOtherFollowsAndExplains() throws Exception {
        Gateway one = start(0, "the key of both of them");
        Gateway two = start(1, "the key of both of them");
        await(one, page -> value(page, "sluice_peers") == 1);
        await(two, page -> value(page, "sluice_peers") == 1);

        for (int i = 0; i < 6; i++) {
            String system = ("customer " + i + " wants to know ").repeat(200);
            double heard = value(get(two.adminPort(), "/metrics"), "sluice_peer_prefixes_total{outcome=\"heard\"}");
            String where = served(one, "one-" + i, system);
            await(two, page -> value(page, "sluice_peer_prefixes_total{outcome=\"heard\"}") > heard);
            assertThat(served(two, "two-" + i, system)).isEqualTo(where);
        }
        String elsewhere = get(two.adminPort(), "/explain/one-3");
        assertThat(elsewhere).contains("\"clientId\":\"one-3\"");
        assertThat(elsewhere).isEqualTo(get(one.adminPort(), "/explain/one-3"));
        assertThat(get(two.adminPort(), "/explain/nobody-knows")).contains("not_found");
    }

    @Test
    void whatOneHasInFlightTheOtherSeesUntilItEnds() throws Exception {
        Gateway one = start(0, "the key of both of them");
        Gateway two = start(1, "the key of both of them");
        await(two, page -> value(page, "sluice_peers") == 1);
        List<CompletableFuture<HttpResponse<String>>> running = new ArrayList<>();
        for (int i = 0; i < 12; i++) {
            running.add(http.sendAsync(ask(one, "long-" + i, "short", 600), HttpResponse.BodyHandlers.ofString()));
        }
        String body =
                "{\"model\":\"" + DemoFleet.MODEL + "\",\"messages\":[{\"role\":\"user\",\"content\":\"hello\"}]}";
        awaitCrowding(two, body, all -> all > 0);
        running.forEach(answer -> assertThat(answer.join().statusCode()).isEqualTo(200));
        awaitCrowding(two, body, all -> all == 0);
    }

    /** What requests in flight, wherever they were sent from, would cost a request that is not sent: ms over all endpoints. */
    private void awaitCrowding(Gateway gateway, String body, DoublePredicate wanted)
            throws IOException, InterruptedException {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
        double sum = -1;
        while (!wanted.test(sum)) {
            assertThat(System.nanoTime()).as("%f ms", sum).isLessThan(end);
            HttpRequest route = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + gateway.adminPort() + "/route"))
                    .POST(HttpRequest.BodyPublishers.ofString(body))
                    .build();
            String explained =
                    http.send(route, HttpResponse.BodyHandlers.ofString()).body();
            sum = CROWDING.matcher(explained)
                    .results()
                    .mapToDouble(found -> Double.parseDouble(found.group(1)))
                    .sum();
        }
    }

    @Test
    void aTenantsLimitIsOneOverBoth() throws Exception {
        String secret = "sk-slc-both-0123456789";
        String hash = HexFormat.of()
                .formatHex(MessageDigest.getInstance("SHA-256").digest(secret.getBytes(StandardCharsets.UTF_8)));
        Files.writeString(directory.resolve("salt"), "the same on both of them");
        Files.writeString(
                Files.createDirectory(directory.resolve("tenants")).resolve("acme.yaml"),
                "tenant: acme\nkeys: [{id: both, sha256: \"" + hash + "\"}]\nquota: {requestsPerMinute: 60}\n");
        String tenants = "tenants: {directory: tenants, salt: {file: salt}}\n";
        Gateway one = start(0, "the key of both of them", tenants);
        Gateway two = start(1, "the key of both of them", tenants);
        await(one, page -> value(page, "sluice_peers") == 1);
        await(two, page -> value(page, "sluice_peers") == 1);

        long begun = System.nanoTime();
        int let = 0;
        for (int i = 0; i < 160; i++) {
            HttpRequest request = HttpRequest.newBuilder(
                            ask(gateways.get(i % 2), "q" + i, "short", 1), (name, value) -> true)
                    .header("authorization", "Bearer " + secret)
                    .build();
            int status =
                    http.send(request, HttpResponse.BodyHandlers.ofString()).statusCode();
            assertThat(status).isIn(200, 429);
            let += status == 200 ? 1 : 0;
        }
        long refilled = (System.nanoTime() - begun) / 1_000_000_000L + 1;
        assertThat((long) let).as("let through in %d s", refilled).isBetween(60L, 60 + refilled + 2 * 6);
        Matcher left = LEFT.matcher(get(two.adminPort(), "/tenants/acme"));
        assertThat(left.find()).isTrue();
        assertThat(Integer.parseInt(left.group(1)))
                .as("known at one: what both have let through")
                .isLessThan(15);
    }

    @Test
    void aReplicaThatEndsOrHasAnotherKeyIsNone() throws Exception {
        Gateway one = start(0, "the key of both of them");
        Gateway two = start(1, "the key of both of them");
        await(one, page -> value(page, "sluice_peers") == 1);
        two.close();
        gateways.remove(two);
        await(one, page -> value(page, "sluice_peers") == 0);

        start(1, "quite another key than that");
        await(one, page -> value(page, "sluice_peer_messages_total{outcome=\"forged\"}") > 0);
        assertThat(value(get(one.adminPort(), "/metrics"), "sluice_peers")).isZero();
        assertThat(served(one, "still", "here").toLowerCase(Locale.ROOT)).contains("127.0.0.1");
    }
}
