package dev.sluice.simulator;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.simulator.events.EventOptions;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Sleeping, pausing, forgetting and adapters, in the order in which they were captured from a real server. */
class DevConformanceTest {
    private SimulatorServer server;

    @BeforeEach
    void start() {
        server = SimulatorServer.start(SimulatorOptions.builder()
                .model("tiny")
                .adapters(List.of("alpha"))
                .maxLoras(2)
                .blockSize(32)
                .timeScale(0.05)
                .devMode(true)
                .runtimeLora(true)
                .events(EventOptions.onFreePorts().withTopic("dev"))
                .build());
    }

    @AfterEach
    void stop() {
        server.close();
    }

    private void replay(String name) throws IOException {
        var capture = Capture.of("dev/" + name);
        var expected = capture.response();
        var actual = send(capture);
        assertThat(actual.status()).as(name).isEqualTo(expected.status());
        assertThat(actual.headers().keySet())
                .as(name)
                .containsExactlyElementsOf(expected.headers().keySet());
        if (name.contains("models") || name.contains("chat") || name.contains("cached")) {
            assertThat(Shape.of(actual.body())).as(name).isEqualTo(Shape.of(expected.body()));
        } else {
            assertThat(actual.body()).isEqualTo(expected.body());
        }
    }

    private RawClient.Response send(Capture capture) throws IOException {
        try (var client = new RawClient(server.port())) {
            return client.send(capture.request()).readAll();
        }
    }

    @Test
    void adaptersAreLoadedListedAndUnloaded() throws IOException {
        replay("load_lora");
        replay("load_lora_again");
        replay("load_lora_unknown_path");
        replay("models_with_two_loras");
        var models =
                ConformanceTest.json(RawClient.get(server.port(), "/v1/models").body());
        assertThat(models.at("/data/2/id").asText()).isEqualTo("beta");
        assertThat(models.at("/data/2/parent").asText()).isEqualTo("tiny");
        assertThat(models.at("/data/2/root").asText()).isEqualTo("/var/lib/model/tiny-lora-beta");
        assertThat(chat("beta").status()).isEqualTo(200);
        replay("unload_lora");
        replay("unload_lora_unknown");
        assertThat(chat("beta").status()).isEqualTo(404);
    }

    private RawClient.Response chat(String model) throws IOException {
        return RawClient.post(
                server.port(),
                "/v1/chat/completions",
                "{\"model\":\"" + model + "\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],\"max_tokens\":2}");
    }

    @Test
    void aServerThatSleepsTakesRequestsAndAnswersThemWhenItWakes() throws IOException {
        replay("is_sleeping");
        replay("sleep");
        replay("asleep_is_sleeping");
        assertThat(page("vllm:engine_sleep_state", "weights_offloaded")).endsWith(" 1.0");
        try (var client = new RawClient(server.port())) {
            client.send(Capture.of("dev/asleep_chat_hangs").request());
            Await.until(() -> server.engine(Engine::inFlight) == 1);
            assertThat(client.timeout(200).readAll().end()).isEqualTo(RawClient.End.TIMEOUT);
        }
        replay("wake_up");
        replay("awake_is_sleeping");
        replay("chat_after_wake");
        assertThat(page("vllm:engine_sleep_state", "awake")).endsWith(" 1.0");
    }

    @Test
    void goingToSleepEndsWhatRunsAndForgetsTheCache() throws Exception {
        chat("tiny");
        MemorySockets.queue("dev").clear();
        try (var client = new RawClient(server.port())) {
            client.send(RawClient.request(
                    "/v1/completions",
                    "{\"prompt\":\"sea\",\"max_tokens\":10000,\"ignore_eos\":true,\"stream\":true}"));
            client.readUntil("\"text\"");
            replay("sleep");
            assertThat(client.readAll().body()).contains("\"finish_reason\":\"abort\"", "data: [DONE]");
        }
        assertThat(server.engine(Engine::cachedBlocks)).isZero();
        MemorySockets.queue("dev").clear();
        replay("wake_up");
        RawClient.post(server.port(), "/v1/completions", "{\"prompt\":\"" + "sea ".repeat(40) + "\",\"max_tokens\":1}");
        var frames = MemorySockets.queue("dev").poll(5, TimeUnit.SECONDS);
        assertThat(frames).isNotNull();
        assertThat(Unpacked.of(frames == null ? new byte[0] : frames.get(2))
                        .at("/1/0/type")
                        .asText())
                .isEqualTo("AllBlocksCleared");
    }

    @Test
    void aServerCanBePausedAndResumed() throws IOException {
        replay("is_paused");
        replay("pause");
        assertThat(RawClient.get(server.port(), "/is_paused").body()).isEqualTo("{\"is_paused\":true}");
        replay("resume");
        replay("is_paused");
    }

    @Test
    void theCacheIsResetUnlessBlocksAreInUse() throws IOException {
        replay("reset_prefix_cache");
        replay("cached_7_after_reset");
        try (var client = new RawClient(server.port())) {
            client.send(RawClient.request(
                    "/v1/completions",
                    "{\"prompt\":\"sea\",\"max_tokens\":10000,\"ignore_eos\":true,\"stream\":true}"));
            client.readUntil("\"text\"");
            assertThat(RawClient.post(server.port(), "/reset_prefix_cache", "").body())
                    .isEqualTo("{\"success\":false}");
        }
    }

    @Test
    void adaptersOfRunningAndWaitingRequestsAreOnTheMetricsPageAndTheNewestSeriesHolds() throws IOException {
        assertThat(page("vllm:lora_requests_info{", "max_lora")).isEmpty();
        server.pause(true);
        try (var client = new RawClient(server.port())) {
            client.send(
                    RawClient.request(
                            "/v1/completions",
                            "{\"model\":\"alpha\",\"prompt\":\"sea\",\"max_tokens\":10000,\"ignore_eos\":true,\"stream\":true}"));
            Await.until(() -> server.engine(Engine::inFlight) == 1);
            server.pause(false);
            client.readUntil("\"text\"");
            var running =
                    page("vllm:lora_requests_info{", "running_lora_adapters=\"alpha\",waiting_lora_adapters=\"\"");
            assertThat(running).contains("max_lora=\"2\"");
        }
        Await.until(() -> server.engine(Engine::inFlight) == 0);
        var idle = page("vllm:lora_requests_info{", "running_lora_adapters=\"\",waiting_lora_adapters=\"\"");
        var was = page("vllm:lora_requests_info{", "running_lora_adapters=\"alpha\",waiting_lora_adapters=\"\"");
        assertThat(value(idle)).isGreaterThan(value(was));
    }

    private static double value(String line) {
        return Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1));
    }

    private String page(String name, String labels) throws IOException {
        return RawClient.get(server.port(), "/metrics")
                .body()
                .lines()
                .filter(line -> line.startsWith(name) && line.contains(labels))
                .findFirst()
                .orElse("");
    }

    @Test
    void withoutTheirSwitchesTheRoutesAreNotThere() throws IOException {
        try (var plain = SimulatorServer.start(SimulatorOptions.defaults())) {
            for (var path : List.of("/sleep", "/wake_up", "/reset_prefix_cache", "/v1/load_lora_adapter")) {
                assertThat(RawClient.post(plain.port(), path, "{}").status()).isEqualTo(404);
            }
        }
    }
}
