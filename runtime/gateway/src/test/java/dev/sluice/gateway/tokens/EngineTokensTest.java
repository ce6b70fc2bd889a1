package dev.sluice.gateway.tokens;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import com.sun.net.httpserver.HttpServer;
import dev.sluice.core.scan.Api;
import dev.sluice.gateway.engine.EngineTarget;
import dev.sluice.gateway.tokens.TokenAnswer.How;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class EngineTokensTest {
    private static final String RENDERED = "{\"request_id\":\"x\",\"token_ids\":[3,89,797],\"token_offsets\":null}";
    private static final String TOKENIZED = "{\"count\":2,\"max_model_len\":8192,\"tokens\":[7,9],\"token_strs\":null}";
    private static final Duration LONG = Duration.ofSeconds(20);

    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final List<String> asked = new CopyOnWriteArrayList<>();
    private final AtomicLong clock = new AtomicLong();
    private final EngineTokens tokens = new EngineTokens(new EngineTokens.Limits(LONG, LONG), clock::get);
    private HttpServer server;

    @BeforeEach
    void start() throws IOException {
        server = listening();
    }

    private HttpServer listening() throws IOException {
        HttpServer listening = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 100);
        listening.setExecutor(threads);
        listening.start();
        return listening;
    }

    @AfterEach
    void stop() {
        tokens.close();
        server.stop(0);
        threads.shutdownNow();
    }

    private EngineTarget target(HttpServer at) {
        return new EngineTarget(
                "e", URI.create("http://127.0.0.1:" + at.getAddress().getPort()), Optional.of("key"), Set.of());
    }

    private void on(HttpServer at, String path, HttpHandler handler) {
        at.createContext(path, exchange -> {
            asked.add(path + " " + new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8));
            handler.handle(exchange);
        });
    }

    private static HttpHandler says(int status, String body) {
        return exchange -> answer(exchange, status, body);
    }

    private static void answer(HttpExchange exchange, int status, String body) throws IOException {
        byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
        exchange.sendResponseHeaders(status, bytes.length == 0 ? -1 : bytes.length);
        exchange.getResponseBody().write(bytes);
        exchange.close();
    }

    private static PromptQuestion chat(String text) {
        return new PromptQuestion(
                Api.CHAT, ("{\"messages\":\"" + text + "\"}").getBytes(StandardCharsets.UTF_8), false);
    }

    private TokenAnswer of(PromptQuestion question) {
        return tokens.of(List.of(target(server)), question);
    }

    @Test
    void anEngineIsAskedOnceForTheSameBody() {
        on(server, "/v1/chat/completions/render", says(200, RENDERED));
        TokenAnswer first = of(chat("a"));
        assertThat(first.how()).isEqualTo(How.EXACT);
        assertThat(first.ids().orElseThrow()).containsExactly(3, 89, 797);
        TokenAnswer second = of(chat("a"));
        assertThat(second.how()).isEqualTo(How.CACHED);
        assertThat(second.ids().orElseThrow()).containsExactly(3, 89, 797);
        assertThat(asked).containsExactly("/v1/chat/completions/render {\"messages\":\"a\"}");
    }

    @Test
    void whereRenderingIsSwitchedOffTokenizeIsAskedFromThenOn() {
        on(server, "/v1/chat/completions/render", says(403, "{\"error\":{}}"));
        on(server, "/tokenize", says(200, TOKENIZED));
        assertThat(of(chat("a")).ids().orElseThrow()).containsExactly(7, 9);
        assertThat(of(chat("b")).ids().orElseThrow()).containsExactly(7, 9);
        assertThat(asked)
                .extracting(line -> line.split(" ")[0])
                .containsExactly("/v1/chat/completions/render", "/tokenize", "/tokenize");
    }

    @Test
    void mediaIsRenderedOrEstimatedButNeverTokenizedAsText() {
        on(server, "/v1/chat/completions/render", says(403, ""));
        on(server, "/tokenize", says(200, TOKENIZED));
        assertThat(of(new PromptQuestion(Api.CHAT, "{}".getBytes(StandardCharsets.UTF_8), true))
                        .how())
                .isEqualTo(How.UNSUITED);
        assertThat(asked).hasSize(1);
    }

    @Test
    void oneOfSeveralPromptsHasNoTokensOfItsOwn() {
        on(server, "/v1/completions/render", says(200, "[" + RENDERED + "," + RENDERED + "]"));
        PromptQuestion two = new PromptQuestion(Api.COMPLETIONS, "[]".getBytes(StandardCharsets.UTF_8), false);
        assertThat(of(two).how()).isEqualTo(How.UNSUITED);
        server.removeContext("/v1/completions/render");
        on(server, "/v1/completions/render", says(200, "[" + RENDERED + "]"));
        assertThat(of(two).ids().orElseThrow()).hasSize(3);
    }

    @Test
    void otherRoutesAndRequestsThatEnginesRefuseAreEstimated() {
        assertThat(of(new PromptQuestion(Api.EMBEDDINGS, new byte[0], false)).how())
                .isEqualTo(How.UNSUITED);
        on(server, "/v1/chat/completions/render", says(400, "{\"error\":{}}"));
        assertThat(of(chat("a")).how()).isEqualTo(How.UNSUITED);
        assertThat(of(chat("a")).how()).as("an engine that answers is well").isEqualTo(How.UNSUITED);
        assertThat(asked).hasSize(2);
    }

    @Test
    void anEngineThatFailsRestsLongerEachTime() {
        on(server, "/v1/chat/completions/render", says(500, "no"));
        for (int rest : new int[] {1, 2, 4, 8, 16, 30, 30}) {
            assertThat(of(chat("a")).how()).isEqualTo(How.FAILED);
            clock.addAndGet(rest * 1_000_000_000L - 1);
            assertThat(of(chat("a")).how()).as("rests %d s", rest).isEqualTo(How.OFF);
            clock.addAndGet(1);
        }
        server.removeContext("/v1/chat/completions/render");
        on(server, "/v1/chat/completions/render", says(200, RENDERED));
        assertThat(of(chat("a")).how()).isEqualTo(How.EXACT);
    }

    @Test
    void anotherEngineIsAskedWhereOneFails() throws IOException {
        HttpServer dead = listening();
        EngineTarget gone = target(dead);
        dead.stop(0);
        on(server, "/v1/chat/completions/render", says(200, RENDERED));
        for (String text : List.of("a", "b", "c", "d")) {
            assertThat(tokens.of(List.of(gone, target(server)), chat(text)).how())
                    .isEqualTo(How.EXACT);
        }
    }

    @Test
    void whatIsNoAnswerIsAFailure() {
        for (String nonsense : List.of(
                "", "{", "[]", "7", "{\"token_ids\":3}", "{\"token_ids\":[\"a\"]}", "{\"tokens\":[99999999999]}")) {
            on(server, "/v1/chat/completions/render", says(200, nonsense));
            assertThat(of(chat("a")).how()).as(nonsense).isEqualTo(How.FAILED);
            server.removeContext("/v1/chat/completions/render");
            clock.addAndGet(60_000_000_000L);
        }
    }

    @Test
    void nobodyWaitsLongerThanTheLimit() throws Exception {
        CountDownLatch never = new CountDownLatch(1);
        on(server, "/v1/chat/completions/render", exchange -> {
            try {
                never.await();
            } catch (InterruptedException over) {
                Thread.currentThread().interrupt();
            }
        });
        try (EngineTokens hurried =
                new EngineTokens(new EngineTokens.Limits(Duration.ofMillis(50), LONG), clock::get)) {
            long begun = System.nanoTime();
            assertThat(hurried.of(List.of(target(server)), chat("a")).how()).isEqualTo(How.FAILED);
            assertThat(System.nanoTime() - begun).isBetween(50_000_000L, 10_000_000_000L);
        }
    }

    @Test
    void onlySoManyQuestionsAreOpenAtOnce() throws Exception {
        CountDownLatch all = new CountDownLatch(64);
        CountDownLatch go = new CountDownLatch(1);
        on(server, "/v1/chat/completions/render", exchange -> {
            all.countDown();
            try {
                go.await();
            } catch (InterruptedException over) {
                Thread.currentThread().interrupt();
            }
            answer(exchange, 200, RENDERED);
        });
        List<Future<TokenAnswer>> open = new ArrayList<>();
        for (int i = 0; i < 64; i++) {
            PromptQuestion question = chat("q" + i);
            open.add(threads.submit(() -> of(question)));
        }
        all.await();
        assertThat(of(chat("one more")).how()).isEqualTo(How.BUSY);
        go.countDown();
        for (Future<TokenAnswer> answer : open) {
            assertThat(answer.get().how()).isEqualTo(How.EXACT);
        }
        assertThat(of(chat("one more")).how()).isEqualTo(How.EXACT);
    }

    @Test
    void whatWasNotAskedForLongestIsForgottenFirst() {
        TokenCache cache = new TokenCache(10);
        TokenCache.Key a = TokenCache.Key.of(chat("a"));
        TokenCache.Key b = TokenCache.Key.of(chat("b"));
        cache.keep(a, new int[6]);
        cache.keep(b, new int[4]);
        assertThat(cache.find(a)).isPresent();
        cache.keep(TokenCache.Key.of(chat("c")), new int[4]);
        assertThat(cache.find(b)).isEmpty();
        assertThat(cache.find(a)).isPresent();
        cache.keep(TokenCache.Key.of(chat("d")), new int[11]);
        assertThat(cache.find(a)).isEmpty();
    }
}
