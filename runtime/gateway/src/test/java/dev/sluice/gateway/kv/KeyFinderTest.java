package dev.sluice.gateway.kv;

import static dev.sluice.gateway.kv.FakeEvents.BLOCK;
import static dev.sluice.gateway.kv.FakeEvents.await;
import static dev.sluice.gateway.kv.FakeEvents.tokens;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.sluice.core.index.BlockRules;
import dev.sluice.core.index.PromptHashes;
import dev.sluice.core.scan.Api;
import dev.sluice.core.scan.BodyScan;
import dev.sluice.core.scan.BodyScanner;
import dev.sluice.gateway.engine.EngineTarget;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class KeyFinderTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String LONG = "a long text that goes on ".repeat(40);

    private final FakeEvents events = new FakeEvents();
    private final KvFleet fleet = new KvFleet(() -> events, KvSettings.DEFAULT, KvCounts.NONE);
    private final List<String> outcomes = new CopyOnWriteArrayList<>();
    private final AtomicInteger asked = new AtomicInteger();
    private final CountDownLatch slow = new CountDownLatch(1);
    private volatile boolean hangs;
    private HttpServer engine;

    @BeforeEach
    void start() throws Exception {
        fleet.apply(Map.of("chat", List.of(new KvEndpoint("a", "127.0.0.1", 5557, Optional.empty(), 1))));
        FakeEvents.Told told = events.at("tcp://127.0.0.1:5557");
        told.live();
        told.stored(1, tokens(1, 4));
        await(() -> pool().blockSize() == BLOCK);
        engine = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        engine.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        engine.createContext("/", this::answer);
        engine.start();
    }

    @AfterEach
    void stop() {
        slow.countDown();
        engine.stop(0);
        fleet.close();
    }

    /** A token for each byte of all contents; no render route. */
    private void answer(HttpExchange exchange) throws IOException {
        byte[] body = exchange.getRequestBody().readAllBytes();
        int status = exchange.getRequestURI().getPath().equals("/tokenize") ? 200 : 404;
        asked.addAndGet(status == 200 ? 1 : 0);
        if (hangs && status == 200) {
            try {
                slow.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
        StringBuilder text = new StringBuilder();
        var root = JSON.readTree(body);
        root.path("messages")
                .forEach(message -> text.append(message.path("content").asText()));
        text.append(root.path("prompt").asText(""));
        StringBuilder ids = new StringBuilder();
        for (byte b : text.append("<answer>").toString().getBytes(StandardCharsets.UTF_8)) {
            ids.append(ids.isEmpty() ? "" : ",").append(b);
        }
        byte[] answer =
                (status == 200 ? "{\"count\":1,\"tokens\":[" + ids + "]}" : "{}").getBytes(StandardCharsets.UTF_8);
        exchange.sendResponseHeaders(status, answer.length);
        exchange.getResponseBody().write(answer);
        exchange.close();
    }

    private KvPool pool() {
        return fleet.pool("chat").orElseThrow();
    }

    private KeyFinder asking(boolean ask, Duration patience) {
        return new KeyFinder(new KeyFinder.Settings(ask, patience, 4, 10_000), outcomes::add);
    }

    private static String chat(String... contents) {
        StringBuilder messages = new StringBuilder();
        for (String content : contents) {
            messages.append(messages.isEmpty() ? "" : ",")
                    .append("{\"role\":\"user\",\"content\":\"")
                    .append(content)
                    .append("\"}");
        }
        return "{\"model\":\"m\",\"messages\":[" + messages + "]}";
    }

    private Optional<PromptKeys> keys(KeyFinder tokens, Api api, String body) throws Exception {
        byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
        BodyScan scan = new BodyScanner(List.of()).scan(api, ByteBuffer.wrap(bytes));
        URI base = URI.create("http://127.0.0.1:" + engine.getAddress().getPort());
        return tokens.keys(
                pool(),
                scan,
                PromptHashes.of(scan, 1, BlockRules.DEFAULT),
                "m",
                "",
                "",
                List.of(new EngineTarget("e", base, Optional.empty(), Set.of())),
                () -> bytes);
    }

    @Test
    void idsInTheRequestAreTakenAndNobodyIsAsked() throws Exception {
        try (KeyFinder tokens = asking(true, Duration.ofSeconds(10))) {
            PromptKeys keys = keys(tokens, Api.COMPLETIONS, "{\"prompt\":[1,2,3,4,5,6,7,8,9]}")
                    .orElseThrow();
            assertThat(keys.tokens()).isEqualTo(9);
            assertThat(keys.keys()).hasSize(2);
            assertThat(pool().held(keys, 0)).containsEntry("a", new Held(4, 4, true));
            assertThat(keys(tokens, Api.COMPLETIONS, "{\"prompt\":[[1,2],[3,4]]}"))
                    .as("two prompts")
                    .isEmpty();
            assertThat(outcomes).containsExactly("request", "unknown");
            assertThat(asked).hasValue(0);
        }
    }

    @Test
    void anEngineIsAskedOnceAndRemembered() throws Exception {
        try (KeyFinder tokens = asking(true, Duration.ofSeconds(10))) {
            PromptKeys first = keys(tokens, Api.CHAT, chat(LONG)).orElseThrow();
            assertThat(first.tokens()).isEqualTo(LONG.length() + 8);
            assertThat(keys(tokens, Api.CHAT, chat(LONG))).hasValue(first);
            assertThat(keys(tokens, Api.CHAT, chat(LONG + "!")).orElseThrow().tokens())
                    .isEqualTo(LONG.length() + 9);
            assertThat(outcomes).containsExactly("asked", "remembered", "asked");
            assertThat(asked).hasValue(2);
        }
    }

    @Test
    void whatComesTooLateServesTheNextTurnAsALowerBound() throws Exception {
        hangs = true;
        try (KeyFinder tokens = asking(true, Duration.ofMillis(1))) {
            assertThat(keys(tokens, Api.CHAT, chat(LONG))).isEmpty();
            slow.countDown();
            await(() -> {
                try {
                    return keys(tokens, Api.CHAT, chat(LONG)).isPresent();
                } catch (Exception e) {
                    throw new AssertionError(e);
                }
            });
            engine.stop(0);
            PromptKeys next =
                    keys(tokens, Api.CHAT, chat(LONG, "yes", "and then?")).orElseThrow();
            assertThat(next.whole()).isFalse();
            assertThat(next.tokens()).isBetween(LONG.length() - 100, LONG.length());
            PromptKeys before = keys(tokens, Api.CHAT, chat(LONG)).orElseThrow();
            assertThat(before.keys()).startsWith(next.keys());
            assertThat(outcomes).contains("late", "begun");
        }
    }

    @Test
    void nobodyIsAskedWhereThatIsSwitchedOffAndOfPicturesNothingIsKnown() throws Exception {
        try (KeyFinder tokens = asking(false, Duration.ofSeconds(10));
                KeyFinder other = asking(true, Duration.ofSeconds(10))) {
            assertThat(keys(tokens, Api.CHAT, chat(LONG))).isEmpty();
            assertThat(
                            keys(
                                    other,
                                    Api.CHAT,
                                    "{\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"image_url\",\"image_url\":{\"url\":\"data:x\"}}]}]}"))
                    .isEmpty();
            assertThat(asked).hasValue(0);
        }
    }
}
