package dev.sluice.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.gateway.Gateway;
import dev.sluice.gateway.config.Catalog;
import dev.sluice.gateway.config.ConfigLoader;
import dev.sluice.gateway.config.Loaded;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ServeTest {
    private static final String HEAD =
            "server: {host: 127.0.0.1, port: 0, admin: {port: 0}, drain: {notReadyFor: 0s, streams: 1s}}\n";

    @TempDir
    Path directory;

    @Test
    void theTrainingWorkloadRunsWithoutAFailure() {
        assertThat(Ran.of("train").code()).isZero();
    }

    @Test
    void aGoodChangeIsTakenOverAndABadOneIsNot() throws Exception {
        try (DemoFleet fleet = DemoFleet.start(1, 1)) {
            Path file = Files.writeString(directory.resolve("gateway.yaml"), HEAD + yaml(fleet));
            Catalog catalog = Catalog.onClassPath();
            Loaded first = new ConfigLoader().load(file, catalog);
            LinkedBlockingQueue<Integer> loads = new LinkedBlockingQueue<>();
            try (Gateway gateway = Gateway.start(first.config().orElseThrow(), catalog);
                    Reloads _ = new Reloads(
                            gateway,
                            () -> {
                                Loaded loaded = new ConfigLoader().load(file, catalog);
                                loads.add(loaded.errors().size());
                                return loaded;
                            },
                            first.files(),
                            Duration.ofMillis(10))) {
                assertThat(models(gateway)).contains("\"served\"").doesNotContain("other");

                Files.writeString(file, "pools: nonsense\n");
                assertThat(loads.poll(10, TimeUnit.SECONDS)).isEqualTo(1);
                assertThat(models(gateway)).contains("\"served\"");

                Files.writeString(file, HEAD + yaml(fleet).replace("[served]", "[served, other]"));
                assertThat(loads.poll(10, TimeUnit.SECONDS)).isZero();
                // The next load begins when the one before has been taken over: one thread does both.
                Files.writeString(file, "pools: []\n");
                assertThat(loads.poll(10, TimeUnit.SECONDS)).isEqualTo(1);
                assertThat(models(gateway)).contains("\"served\"", "\"other\"");
            }
        }
    }

    @Test
    void aProcessServesUntilSigtermAndThenEndsWithZero() throws Exception {
        try (DemoFleet fleet = DemoFleet.start(1, 1)) {
            Path file = Files.writeString(directory.resolve("gateway.yaml"), HEAD + yaml(fleet));
            Process process = process("serve", "--config", file.toString());
            try (var log = process.errorReader()) {
                String line;
                do {
                    line = log.readLine();
                    assertThat(line).isNotNull();
                } while (!line.contains("serving"));
                process.destroy();
                assertThat(process.waitFor(10, TimeUnit.SECONDS)).isTrue();
                assertThat(process.exitValue()).isZero();
            } finally {
                process.destroyForcibly();
            }
        }
    }

    @Test
    void aBadConfigurationIsTwoAndABusyPortIsOne() throws Exception {
        Path bad = Files.writeString(directory.resolve("bad.yaml"), "pools: []\n");
        Ran refused = Ran.of("serve", "--config", bad.toString());
        assertThat(refused.code()).isEqualTo(2);
        assertThat(refused.err()).isEqualTo(bad + ":1:8: pools: must be at least 1 entries, is 0\n");

        try (ServerSocket taken = new ServerSocket(0);
                DemoFleet fleet = DemoFleet.start(1, 1)) {
            Path good = Files.writeString(directory.resolve("good.yaml"), HEAD + yaml(fleet));
            String port = Integer.toString(taken.getLocalPort());
            Ran busy = Ran.of("serve", "--config", good.toString(), "--port", port);
            assertThat(busy.code()).isEqualTo(1);
            assertThat(busy.err()).contains(port).doesNotContain("\tat ");
        }
    }

    @Test
    void thePortOfTheEnvironmentMustBeAPort() {
        Process process = process(Map.of("PORT", "http"), "serve", "--config", "x.yaml");
        assertThat(process.onExit().join().exitValue()).isEqualTo(2);
    }

    private static String yaml(DemoFleet fleet) {
        return "pools: [{name: p, models: [served], endpoints: [{url: \"http://127.0.0.1:"
                + fleet.ports().getFirst() + "\"}]}]\n";
    }

    private static String models(Gateway gateway) throws IOException, InterruptedException {
        try (HttpClient client = HttpClient.newHttpClient()) {
            URI uri = URI.create("http://127.0.0.1:" + gateway.port() + "/v1/models");
            return client.send(HttpRequest.newBuilder(uri).build(), HttpResponse.BodyHandlers.ofString())
                    .body();
        }
    }

    private static Process process(String... arguments) {
        return process(Map.of(), arguments);
    }

    private static Process process(Map<String, String> environment, String... arguments) {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                "dev.sluice.app.Main"));
        command.addAll(List.of(arguments));
        ProcessBuilder builder = new ProcessBuilder(command);
        builder.environment().putAll(environment);
        try {
            return builder.start();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
