package dev.sluice.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.withinPercentage;

import dev.sluice.gateway.Gateway;
import dev.sluice.gateway.config.Catalog;
import dev.sluice.gateway.config.ConfigLoader;
import dev.sluice.gateway.config.Loaded;
import dev.sluice.gateway.tenant.ApiKey;
import dev.sluice.simulator.Faults;
import dev.sluice.simulator.SimulatorOptions;
import dev.sluice.simulator.SimulatorServer;
import dev.sluice.simulator.transfer.ConnectorKind;
import dev.sluice.simulator.transfer.TransferOptions;
import dev.sluice.spi.Role;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.Socket;
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
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * What the usage log says that tenants had, beside what the engines say that they did: whole answers and streams, clients that leave,
 * attempts that are made again, and prompts that another engine computes than the one that answers.
 */
@Timeout(300)
class UsageAgainstEnginesTest {
    private static final int REQUESTS = 200;
    private static final int CLIENTS = 12;
    private static final List<String> TENANTS = List.of("acme", "rival");
    private static final List<String> MODELS = List.of("tiny", "split");

    @TempDir
    Path dir;

    private static SimulatorServer engine(String model, Role role, long seed) {
        SimulatorOptions.Builder options =
                SimulatorOptions.builder().model(model).role(role).seed(seed).timeScale(1);
        return SimulatorServer.start(
                role == Role.BOTH
                        ? options.build()
                        : options.transfer(TransferOptions.of(ConnectorKind.NIXL))
                                .build());
    }

    private static String key(String tenant) {
        return "sk-slc-" + tenant + "-0123456789abcdefghijklmnopqrstuvwxyzABCDEFG";
    }

    private Gateway gateway(List<SimulatorServer> both, SimulatorServer prefill, SimulatorServer decode)
            throws Exception {
        Path tenants = Files.createDirectories(dir.resolve("tenants"));
        for (String tenant : TENANTS) {
            Files.writeString(
                    tenants.resolve(tenant + ".yaml"),
                    "tenant: " + tenant + "\nkeys: [{id: " + tenant + ", sha256: \"" + ApiKey.hash(key(tenant))
                            + "\"}]\nquota: {tokensPerMinute: 1000000}\n");
        }
        Files.writeString(dir.resolve("salt"), "any long random text");
        Path file = Files.writeString(dir.resolve("gateway.yaml"), """
            server: {host: 127.0.0.1, port: 0, admin: {port: 0}, drain: {notReadyFor: 0s, streams: 20s}}
            tenants: {directory: tenants, salt: {file: salt}}
            usage: {file: usage.jsonl}
            pools:
              - name: whole
                models: [tiny]
                endpoints: [{url: "http://127.0.0.1:%d"}, {url: "http://127.0.0.1:%d"}]
              - name: apart
                models: [split]
                connector: {type: nixl, parameters: {warmUp: false}}
                routing: always
                endpoints: [{url: "http://127.0.0.1:%d", role: prefill}, {url: "http://127.0.0.1:%d", role: decode}]
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
            """.formatted(
                        both.get(0).port(), both.get(1).port(), prefill.port(), decode.port()));
        Loaded loaded = new ConfigLoader(name -> Optional.empty()).load(file, Catalog.onClassPath());
        assertThat(loaded.errors()).isEmpty();
        Gateway started = Gateway.start(loaded.config().orElseThrow(), loaded.catalog());
        assertThat(started.awaitReady(Duration.ofSeconds(20))).isTrue();
        return started;
    }

    /**
     * A request.
     *
     * @param leavesAfter events after which its client leaves; 0: it stays
     */
    private record Ask(String tenant, String model, boolean stream, int words, int maxTokens, int leavesAfter) {
        static Ask any(SplittableRandom random) {
            boolean stream = random.nextInt(3) > 0;
            return new Ask(
                    TENANTS.get(random.nextInt(TENANTS.size())),
                    MODELS.get(random.nextInt(MODELS.size())),
                    stream,
                    random.nextInt(20, 400),
                    random.nextInt(40, 160),
                    stream && random.nextInt(15) == 0 ? random.nextInt(3, 8) : 0);
        }

        String body(int number) {
            StringBuilder prompt = new StringBuilder("request " + number);
            SplittableRandom random = new SplittableRandom(number);
            for (int i = 0; i < words; i++) {
                prompt.append(' ').append(Long.toString(random.nextLong(36 * 36 * 36 * 36L), 36));
            }
            return "{\"model\":\"" + model + "\",\"stream\":" + stream + ",\"max_tokens\":" + maxTokens
                    + ",\"ignore_eos\":true,\"messages\":[{\"role\":\"user\",\"content\":\"" + prompt + "\"}]}";
        }
    }

    /** Asks; the status line. */
    private static String ask(int port, Ask ask, int number) throws IOException {
        String body = ask.body(number);
        try (Socket client = new Socket(InetAddress.getLoopbackAddress(), port)) {
            client.setSoTimeout(60_000);
            client.getOutputStream()
                    .write(("POST /v1/chat/completions HTTP/1.1\r\n"
                                    + "host: x\r\n"
                                    + "connection: close\r\n"
                                    + "authorization: Bearer "
                                    + key(ask.tenant())
                                    + "\r\ncontent-type: application/json\r\ncontent-length: "
                                    + body.length() + "\r\n\r\n" + body)
                            .getBytes(StandardCharsets.UTF_8));
            BufferedReader in =
                    new BufferedReader(new InputStreamReader(client.getInputStream(), StandardCharsets.UTF_8));
            String status = String.valueOf(in.readLine());
            int events = 0;
            for (String line = in.readLine(); line != null; line = in.readLine()) {
                events += line.startsWith("data: {") ? 1 : 0;
                if (ask.leavesAfter() > 0 && events >= ask.leavesAfter()) {
                    break;
                }
            }
            return status;
        }
    }

    private static double counter(HttpClient http, SimulatorServer engine, String name) throws Exception {
        URI page = URI.create("http://127.0.0.1:" + engine.port() + "/metrics");
        return http.send(HttpRequest.newBuilder(page).build(), BodyHandlers.ofString())
                .body()
                .lines()
                .filter(line -> line.startsWith(name + "{") || line.startsWith(name + " "))
                .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
                .sum();
    }

    private static void awaitIdle(HttpClient http, List<SimulatorServer> engines) throws Exception {
        long end = System.nanoTime() + 30_000_000_000L;
        for (SimulatorServer engine : engines) {
            while (counter(http, engine, "vllm:num_requests_running")
                            + counter(http, engine, "vllm:num_requests_waiting")
                    > 0) {
                assertThat(System.nanoTime()).as("time for engines to end").isLessThan(end);
                LockSupport.parkNanos(5_000_000);
            }
        }
    }

    @Test
    void sumsEqualTheEnginesCounters() throws Exception {
        SplittableRandom random = new SplittableRandom(7);
        List<Ask> asks = new ArrayList<>();
        for (int i = 0; i < REQUESTS; i++) {
            asks.add(Ask.any(random));
        }
        try (SimulatorServer one = engine("tiny", Role.BOTH, 1);
                SimulatorServer two = engine("tiny", Role.BOTH, 2);
                SimulatorServer prefill = engine("split", Role.PREFILL, 3);
                SimulatorServer decode = engine("split", Role.DECODE, 4);
                HttpClient http = HttpClient.newHttpClient();
                ExecutorService clients = Executors.newFixedThreadPool(CLIENTS)) {
            for (SimulatorServer full : List.of(one, two)) {
                full.faults().rules(new Faults.Rule(Faults.Kind.STATUS, 0.15, 10, 0, 503, "/v1/chat"));
            }
            try (Gateway gateway = gateway(List.of(one, two), prefill, decode)) {
                List<Callable<String>> all = new ArrayList<>();
                for (int i = 0; i < asks.size(); i++) {
                    int number = i;
                    all.add(() -> ask(gateway.port(), asks.get(number), number));
                }
                int answered = 0;
                for (var done : clients.invokeAll(all)) {
                    answered += done.get().startsWith("HTTP/1.1 200") ? 1 : 0;
                }
                assertThat(answered)
                        .as("those that both engines refused are no use")
                        .isGreaterThan(REQUESTS - 10);
                awaitIdle(http, List.of(one, two, prefill, decode));
                gateway.drainAndClose();
            }
            UsageSums sums = new UsageSums(List.of("model"), UsagePrices.NONE);
            sums.add(dir.resolve("usage.jsonl"));
            UsageSums byTenant = new UsageSums(List.of("tenant", "model"), UsagePrices.NONE);
            byTenant.add(dir.resolve("usage.jsonl"));
            assertThat(byTenant.rows()).hasSize(TENANTS.size() * MODELS.size());
            assertThat(byTenant.rows().stream()
                            .mapToLong(UsageSums.Row::requests)
                            .sum())
                    .isEqualTo(REQUESTS);
            long left = asks.stream().filter(ask -> ask.leavesAfter() > 0).count();
            long again = Files.readAllLines(dir.resolve("usage.jsonl")).stream()
                    .filter(line -> line.matches(".*\"attempts\":[2-9].*"))
                    .count();
            assertThat(left).as("clients that left").isGreaterThan(3);
            assertThat(again).as("attempts made again").isGreaterThan(2);
            for (UsageSums.Row row : sums.rows()) {
                boolean split = row.key().getFirst().equals("split");
                List<SimulatorServer> computed = split ? List.of(prefill) : List.of(one, two);
                List<SimulatorServer> generated = split ? List.of(decode) : List.of(one, two);
                double prompt = 0;
                double output = 0;
                for (SimulatorServer engine : computed) {
                    prompt += counter(http, engine, "vllm:prompt_tokens_total");
                }
                for (SimulatorServer engine : generated) {
                    output += counter(http, engine, "vllm:generation_tokens_total");
                }
                System.out.printf(
                        "%s: %d requests (%d of all left, %d made again): prompt %d of %.0f tokens (%+.2f %%), output"
                                + " %d of %.0f (%+.2f %%)%n",
                        row.key().getFirst(),
                        row.requests(),
                        left,
                        again,
                        row.prompt(),
                        prompt,
                        100 * (row.prompt() / prompt - 1),
                        row.output(),
                        output,
                        100 * (row.output() / output - 1));
                assertThat((double) row.prompt()).isCloseTo(prompt, withinPercentage(1));
                assertThat((double) row.output()).isCloseTo(output, withinPercentage(1));
            }
        }
    }
}
