package dev.sluice.gateway;

import static dev.sluice.gateway.GatewayFixture.CHAT;
import static dev.sluice.gateway.GatewayFixture.chat;
import static dev.sluice.gateway.ScriptedEngine.DONE;
import static dev.sluice.gateway.ScriptedEngine.begin;
import static dev.sluice.gateway.ScriptedEngine.chunk;
import static dev.sluice.gateway.ScriptedEngine.delta;
import static dev.sluice.gateway.ScriptedEngine.end;
import static dev.sluice.gateway.ScriptedEngine.finish;
import static dev.sluice.gateway.ScriptedEngine.usage;
import static dev.sluice.gateway.ScriptedEngine.whole;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.gateway.http.ByteBudget;
import java.io.IOException;
import java.net.Socket;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(120)
class ExchangeTest {
    private static final String ANSWER =
            "{\"id\":\"c\",\"choices\":[{\"index\":0,\"message\":{\"content\":\"hi\"},\"finish_reason\":\"stop\"}],"
                    + "\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":1,\"total_tokens\":10}}";

    @TempDir
    Path dir;

    @Test
    void passesAWholeAnswerUntouched() throws Exception {
        try (ScriptedEngine engine = new ScriptedEngine("base").does((q, out) -> whole(out, 200, ANSWER));
                GatewayFixture gateway = GatewayFixture.before(dir, List.of(engine))) {
            HttpResponse<String> answer = gateway.post(CHAT, chat(false), "x-request-id", "mine-1");
            assertThat(answer.statusCode()).isEqualTo(200);
            assertThat(answer.body()).isEqualTo(ANSWER);
            assertThat(answer.headers().firstValue("x-request-id")).hasValue("mine-1");
            String id = answer.headers().firstValue("x-sluice-id").orElseThrow();
            assertThat(engine.requests().getFirst().header("x-request-id")).isEqualTo(id);
            gateway.awaitIdle();
        }
    }

    @Test
    void sendsTheEngineItsOwnNameAndNothingThatAClientMustNotSay() throws Exception {
        try (ScriptedEngine engine = new ScriptedEngine("base").does((q, out) -> whole(out, 200, ANSWER));
                GatewayFixture gateway = GatewayFixture.before(dir, List.of(engine))) {
            gateway.post(
                    CHAT,
                    "{\"model\":\"alias\",\"kv_transfer_params\":{\"do_remote_prefill\":true},\"messages\":[],"
                            + "\"cache_salt\":\"x\",\"temperature\":0.5}",
                    "authorization",
                    "Bearer secret",
                    "x-data-parallel-rank",
                    "3",
                    "x-prefiller-host-port",
                    "1.2.3.4:5",
                    "traceparent",
                    "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
            ScriptedEngine.Request seen = engine.requests().getFirst();
            assertThat(seen.body()).contains("\"model\":\"base\"").contains("\"temperature\":0.5");
            assertThat(seen.body()).doesNotContain("kv_transfer_params").doesNotContain("cache_salt");
            assertThat(seen.header("authorization")).isEmpty();
            assertThat(seen.header("x-data-parallel-rank")).isEmpty();
            assertThat(seen.header("x-prefiller-host-port")).isEmpty();
            assertThat(seen.header("traceparent")).startsWith("00-0af7");
        }
    }

    @Test
    void takesOutTheUsageThatItAskedForItself() throws Exception {
        try (ScriptedEngine engine = new ScriptedEngine("base").does((q, out) -> {
                    begin(out);
                    chunk(out, delta("a") + delta("b"));
                    chunk(out, finish("stop") + usage(10, 3, 2) + DONE);
                    return end(out);
                });
                GatewayFixture gateway = GatewayFixture.before(dir, List.of(engine))) {
            HttpResponse<String> answer = gateway.post(CHAT, chat(true));
            assertThat(engine.requests().getFirst().body()).contains("\"include_usage\":true");
            assertThat(answer.body()).isEqualTo(delta("a") + delta("b") + finish("stop") + DONE);
        }
    }

    @Test
    void triesAnotherEngineWhenOneDiesBeforeItsFirstEvent() throws Exception {
        ScriptedEngine.Script dies = (q, out) -> {
            begin(out);
            chunk(out, ": keep-alive\n\n");
            q.socket().setSoLinger(true, 0);
            return false;
        };
        AtomicBoolean first = new AtomicBoolean(true);
        ScriptedEngine.Script either = (q, out) -> {
            if (first.getAndSet(false)) {
                return dies.answer(q, out);
            }
            begin(out);
            chunk(out, delta("a") + finish("stop") + DONE);
            return end(out);
        };
        try (ScriptedEngine one = new ScriptedEngine("base").does(either);
                ScriptedEngine two = new ScriptedEngine("base").does(either);
                GatewayFixture gateway = GatewayFixture.before(dir, List.of(one, two))) {
            HttpResponse<String> answer = gateway.post(CHAT, chat(true));
            assertThat(answer.body()).isEqualTo(delta("a") + finish("stop") + DONE);
            assertThat(one.requests().size() + two.requests().size()).isEqualTo(2);
            List<String> ids = List.of(
                    one.requests().getFirst().header("x-request-id"),
                    two.requests().getFirst().header("x-request-id"));
            assertThat(ids).anyMatch(id -> id.endsWith(".2")).anyMatch(id -> !id.endsWith(".2"));
            gateway.awaitIdle();
        }
    }

    @Test
    void neverLetsACutStreamLookComplete() throws Exception {
        List<ScriptedEngine.Script> cuts = List.of(
                (q, out) -> {
                    begin(out);
                    chunk(out, delta("a"));
                    q.socket().setSoLinger(true, 0);
                    return false;
                },
                (q, out) -> {
                    begin(out);
                    chunk(out, delta("a"));
                    return end(out);
                },
                (q, out) -> {
                    begin(out);
                    chunk(out, delta("a") + finish("abort") + DONE);
                    return end(out);
                });
        try (ScriptedEngine engine = new ScriptedEngine("base").does(cuts.toArray(ScriptedEngine.Script[]::new));
                GatewayFixture gateway = GatewayFixture.before(dir, List.of(engine))) {
            for (int i = 0; i < cuts.size(); i++) {
                try (Socket client = gateway.raw(GatewayFixture.chatBytes(chat(true)))) {
                    String seen = GatewayFixture.readAll(client.getInputStream());
                    assertThat(seen).contains(delta("a").strip()).contains("upstream_cut");
                    assertThat(seen).doesNotContain("[DONE]").doesNotContain("\r\n0\r\n\r\n");
                }
            }
            gateway.awaitIdle();
        }
    }

    @Test
    void treatsAnAbortedWholeAnswerAsCutAndTriesElsewhere() throws Exception {
        String aborted = ANSWER.replace("\"stop\"", "\"abort\"");
        AtomicBoolean first = new AtomicBoolean(true);
        ScriptedEngine.Script either = (q, out) -> whole(out, 200, first.getAndSet(false) ? aborted : ANSWER);
        try (ScriptedEngine one = new ScriptedEngine("base").does(either);
                ScriptedEngine two = new ScriptedEngine("base").does(either);
                GatewayFixture gateway = GatewayFixture.before(dir, List.of(one, two))) {
            HttpResponse<String> answer = gateway.post(CHAT, chat(false));
            assertThat(answer.statusCode()).isEqualTo(200);
            assertThat(answer.body()).isEqualTo(ANSWER);
        }
    }

    @Test
    void passesTheEnginesOwnErrorsAndHidesItsMisconfiguration() throws Exception {
        String bad = "{\"error\":{\"message\":\"no\",\"type\":\"BadRequestError\",\"param\":null,\"code\":400}}";
        try (ScriptedEngine engine = new ScriptedEngine("base")
                        .does((q, out) -> whole(out, 400, bad), (q, out) -> whole(out, 401, bad));
                GatewayFixture gateway = GatewayFixture.before(dir, List.of(engine))) {
            HttpResponse<String> passed = gateway.post(CHAT, chat(false));
            assertThat(passed.statusCode()).isEqualTo(400);
            assertThat(passed.body()).isEqualTo(bad);
            assertThat(passed.headers().firstValue("x-sluice-error-source")).hasValue("engine");
            HttpResponse<String> hidden = gateway.post(CHAT, chat(false));
            assertThat(hidden.statusCode()).isEqualTo(502);
            assertThat(hidden.body()).contains("upstream_error").doesNotContain("127.0.0.1");
        }
    }

    @Test
    void passesOverloadOnlyWhenAllEnginesRefuse() throws Exception {
        String full = "{\"error\":{\"message\":\"full\",\"type\":\"Service Unavailable\",\"param\":null,\"code\":503}}";
        try (ScriptedEngine busy = new ScriptedEngine("base").does((q, out) -> whole(out, 503, full));
                ScriptedEngine alsoBusy = new ScriptedEngine("base").does((q, out) -> whole(out, 503, full));
                GatewayFixture gateway = GatewayFixture.before(dir, List.of(busy, alsoBusy))) {
            HttpResponse<String> answer = gateway.post(CHAT, chat(false));
            assertThat(answer.statusCode()).isEqualTo(503);
            assertThat(answer.body()).isEqualTo(full);
            assertThat(answer.headers().firstValue("retry-after")).isPresent();
            assertThat(busy.requests()).hasSize(1);
            assertThat(alsoBusy.requests()).hasSize(1);
        }
    }

    @Test
    void saysNoEndpointWhenAllEnginesAreGone() throws Exception {
        try (ScriptedEngine engine = new ScriptedEngine("base");
                GatewayFixture gateway = GatewayFixture.before(dir, List.of(engine))) {
            engine.die();
            HttpResponse<String> answer = gateway.post(CHAT, chat(false));
            assertThat(answer.statusCode()).isIn(502, 503);
            assertThat(answer.body()).doesNotContain("127.0.0.1");
            gateway.awaitIdle();
        }
    }

    @Test
    void closesTheEnginesConnectionWhenTheClientLeavesBeforeTheFirstToken() throws Exception {
        CompletableFuture<Long> closed = new CompletableFuture<>();
        try (ScriptedEngine engine = new ScriptedEngine("base").does((q, out) -> {
                    q.awaitClose();
                    closed.complete(System.nanoTime());
                    return false;
                });
                GatewayFixture gateway = GatewayFixture.before(dir, List.of(engine))) {
            Socket client = gateway.raw(GatewayFixture.chatBytes(chat(true)));
            engine.arrived.await();
            long left = System.nanoTime();
            client.close();
            assertThat(TimeUnit.NANOSECONDS.toMillis(closed.get(10, TimeUnit.SECONDS) - left))
                    .isLessThan(1000);
            gateway.awaitIdle();
        }
    }

    @Test
    void closesTheEnginesConnectionWhenTheClientLeavesInMidStream() throws Exception {
        CompletableFuture<Long> closed = new CompletableFuture<>();
        try (ScriptedEngine engine = new ScriptedEngine("base").does((q, out) -> {
                    begin(out);
                    chunk(out, delta("a"));
                    q.awaitClose();
                    closed.complete(System.nanoTime());
                    return false;
                });
                GatewayFixture gateway = GatewayFixture.before(dir, List.of(engine))) {
            Socket client = gateway.raw(GatewayFixture.chatBytes(chat(true)));
            GatewayFixture.readUntil(client.getInputStream(), "\"a\"");
            long left = System.nanoTime();
            client.close();
            assertThat(TimeUnit.NANOSECONDS.toMillis(closed.get(10, TimeUnit.SECONDS) - left))
                    .isLessThan(1000);
            gateway.awaitIdle();
        }
    }

    @Test
    void givesTheBodysShareOfTheBudgetBackWhenAStreamHasBegun() throws Exception {
        CountDownLatch goOn = new CountDownLatch(1);
        try (ScriptedEngine engine = new ScriptedEngine("base").does((q, out) -> {
                    begin(out);
                    chunk(out, delta("a"));
                    goOn.await();
                    chunk(out, finish("stop") + DONE);
                    return end(out);
                });
                GatewayFixture gateway = GatewayFixture.before(dir, List.of(engine))) {
            ByteBudget budget = (ByteBudget) gateway.gateway.runtime().budget;
            Socket client = gateway.raw(GatewayFixture.chatBytes(chat(true)));
            GatewayFixture.readUntil(client.getInputStream(), "\"a\"");
            long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
            while (budget.used() > 0) { // it was charged before the engine was asked
                assertThat(System.nanoTime()).isLessThan(end);
                java.util.concurrent.locks.LockSupport.parkNanos(1_000_000);
            }
            goOn.countDown();
            GatewayFixture.readUntil(client.getInputStream(), "[DONE]");
        }
    }

    @Test
    void refusesWhatIsNotARequestAndSaysWhere() throws Exception {
        try (ScriptedEngine engine = new ScriptedEngine("base");
                GatewayFixture gateway = GatewayFixture.before(dir, List.of(engine))) {
            HttpResponse<String> twice = gateway.post(CHAT, "{\"model\":\"base\",\"model\":\"alias\",\"messages\":[]}");
            assertThat(twice.statusCode()).isEqualTo(400);
            assertThat(twice.body()).contains("model").contains("line 1");
            HttpResponse<String> unknown = gateway.post(CHAT, "{\"model\":\"nobody\",\"messages\":[]}");
            assertThat(unknown.statusCode()).isEqualTo(404);
            assertThat(unknown.body()).contains("model_not_found");
            HttpResponse<String> packed = gateway.post(CHAT, chat(false), "content-encoding", "gzip");
            assertThat(packed.statusCode()).isEqualTo(415);
            HttpResponse<String> anthropic = gateway.post("/v1/messages", "{\"model\":\"nobody\",\"messages\":[]}");
            assertThat(anthropic.body()).startsWith("{\"type\":\"error\"");
            assertThat(gateway.get(CHAT).statusCode()).isEqualTo(405);
            assertThat(gateway.get("/v1/nothing").statusCode()).isEqualTo(404);
            assertThat(gateway.post("/pause", "{}").statusCode()).isEqualTo(404);
            assertThat(engine.requests()).isEmpty();
        }
    }

    @Test
    void finishesStreamsWhenItDrainsAndRefusesNewOnes() throws Exception {
        CountDownLatch goOn = new CountDownLatch(1);
        try (ScriptedEngine engine = new ScriptedEngine("base").does((q, out) -> {
                    begin(out);
                    chunk(out, delta("a"));
                    goOn.await();
                    chunk(out, finish("stop") + DONE);
                    return end(out);
                });
                GatewayFixture gateway = GatewayFixture.before(dir, List.of(engine))) {
            Socket client = gateway.raw(GatewayFixture.chatBytes(chat(true)));
            GatewayFixture.readUntil(client.getInputStream(), "\"a\"");
            CompletableFuture<Void> ended = gateway.drains();
            assertThat(gateway.gateway.notReady()).hasValue("draining");
            HttpResponse<String> refused = gateway.post(CHAT, chat(false));
            assertThat(refused.statusCode()).isEqualTo(503);
            assertThat(refused.body()).contains("draining");
            assertThat(ended).isNotDone();
            goOn.countDown();
            assertThat(GatewayFixture.readAll(client.getInputStream())).contains("[DONE]");
            ended.get(20, TimeUnit.SECONDS);
        }
    }

    @Test
    void sendsAFollowUpToTheEndpointThatMadeTheResponse() throws Exception {
        String made = "{\"id\":\"resp_1\",\"object\":\"response\",\"status\":\"completed\",\"output\":[]}";
        try (ScriptedEngine one = new ScriptedEngine("base").does((q, out) -> whole(out, 200, made));
                ScriptedEngine two = new ScriptedEngine("base").does((q, out) -> whole(out, 200, made));
                GatewayFixture gateway = GatewayFixture.before(dir, List.of(one, two))) {
            HttpResponse<String> first = gateway.post("/v1/responses", "{\"model\":\"base\",\"input\":\"x\"}");
            String endpoint = first.headers().firstValue("x-sluice-endpoint").orElseThrow();
            for (int i = 0; i < 5; i++) {
                HttpResponse<String> next = gateway.post(
                        "/v1/responses", "{\"model\":\"base\",\"input\":\"y\",\"previous_response_id\":\"resp_1\"}");
                assertThat(next.headers().firstValue("x-sluice-endpoint")).hasValue(endpoint);
            }
            HttpResponse<String> unknown = gateway.post(
                    "/v1/responses", "{\"model\":\"base\",\"input\":\"y\",\"previous_response_id\":\"resp_9\"}");
            assertThat(unknown.statusCode()).isEqualTo(404);
        }
    }

    @Test
    void explainsADecisionByTheClientsId() throws Exception {
        try (ScriptedEngine one = new ScriptedEngine("base").does((q, out) -> whole(out, 200, ANSWER));
                ScriptedEngine two = new ScriptedEngine("base").does((q, out) -> whole(out, 200, ANSWER));
                GatewayFixture gateway = GatewayFixture.before(dir, List.of(one, two))) {
            HttpResponse<String> answer = gateway.post(CHAT, chat(false), "x-request-id", "why-me");
            String endpoint = answer.headers().firstValue("x-sluice-endpoint").orElseThrow();
            String explained = gateway.admin("/explain/why-me").body();
            assertThat(explained)
                    .contains(endpoint)
                    .contains("least-work-scorer")
                    .contains("cost_ms");
        }
    }

    @Test
    void servesTenThousandRequestsWhileOneOfFourEnginesDiesAndComesBack() throws Exception {
        int requests = Integer.getInteger("sluice.churn.requests", 2_000);
        ScriptedEngine.Script mixed = (q, out) -> {
            if (q.body().contains("\"stream\":true")) {
                begin(out);
                chunk(out, delta("a"));
                chunk(out, finish("stop") + DONE);
                return end(out);
            }
            return whole(out, 200, ANSWER);
        };
        try (ScriptedEngine one = new ScriptedEngine("base").does(mixed);
                ScriptedEngine two = new ScriptedEngine("base").does(mixed);
                ScriptedEngine three = new ScriptedEngine("base").does(mixed);
                ScriptedEngine four = new ScriptedEngine("base").does(mixed);
                GatewayFixture gateway = GatewayFixture.before(dir, List.of(one, two, three, four))) {
            Churn churn = new Churn(gateway, requests, 32);
            churn.run(four);
            assertThat(churn.errorsBeforeFirstByte()).isEmpty();
            assertThat(churn.lyingStreams()).isZero();
            gateway.awaitIdle();
        }
    }

    /** Many clients while an engine dies and rises. */
    private static final class Churn {
        private final GatewayFixture gateway;
        private final int requests;
        private final int clients;
        private final List<String> errors = new java.util.concurrent.CopyOnWriteArrayList<>();
        private final java.util.concurrent.atomic.AtomicInteger lying = new java.util.concurrent.atomic.AtomicInteger();
        private final java.util.concurrent.atomic.AtomicInteger next = new java.util.concurrent.atomic.AtomicInteger();

        Churn(GatewayFixture gateway, int requests, int clients) {
            this.gateway = gateway;
            this.requests = requests;
            this.clients = clients;
        }

        void run(ScriptedEngine mortal) throws InterruptedException, IOException {
            CountDownLatch done = new CountDownLatch(clients);
            for (int c = 0; c < clients; c++) {
                Thread.ofVirtual().start(() -> {
                    try {
                        int n;
                        while ((n = next.getAndIncrement()) < requests) {
                            one(n % 2 == 0);
                        }
                    } finally {
                        done.countDown();
                    }
                });
            }
            int deaths = 0;
            while (!done.await(50, TimeUnit.MILLISECONDS)) {
                if (deaths++ % 2 == 0) {
                    mortal.die();
                } else {
                    mortal.rise();
                }
            }
            assertThat(deaths).isGreaterThan(1);
        }

        private void one(boolean stream) {
            try {
                HttpResponse<String> answer = gateway.post(CHAT, chat(stream));
                if (answer.statusCode() != 200) {
                    errors.add(answer.statusCode() + " " + answer.body());
                } else if (stream && !answer.body().endsWith(DONE)) {
                    errors.add("a stream without its marker: " + answer.body());
                } else if (stream && !answer.body().contains(finish("stop"))) {
                    lying.incrementAndGet();
                }
            } catch (IOException cut) {
                // a stream that was cut in the middle is told so by its framing: not a lie, and not before the first
                // byte
                if (!stream) {
                    errors.add(cut.toString());
                }
            } catch (InterruptedException stopped) {
                Thread.currentThread().interrupt();
            }
        }

        List<String> errorsBeforeFirstByte() {
            return errors;
        }

        int lyingStreams() {
            return lying.get();
        }
    }
}
