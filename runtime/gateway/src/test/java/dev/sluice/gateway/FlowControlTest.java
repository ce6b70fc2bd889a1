package dev.sluice.gateway;

import static dev.sluice.gateway.GatewayFixture.CHAT;
import static dev.sluice.gateway.ScriptedEngine.whole;
import static dev.sluice.gateway.TenantFixture.ANSWER;
import static dev.sluice.gateway.TenantFixture.file;
import static dev.sluice.gateway.TenantFixture.key;
import static org.assertj.core.api.Assertions.assertThat;

import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Who waits, who goes first, who has to go: on sockets, with one engine that takes one request at a time. */
@Timeout(120)
class FlowControlTest {
    private static final String ONE = "concurrency: 1";

    @TempDir
    Path dir;

    private final CountDownLatch busy = new CountDownLatch(1);

    /** Holds its first request until the test lets go, and answers all others at once. */
    private ScriptedEngine engine() throws Exception {
        return new ScriptedEngine("base")
                .does(
                        (q, out) -> {
                            busy.await();
                            return whole(out, 200, ANSWER);
                        },
                        (q, out) -> whole(out, 200, ANSWER));
    }

    private static String says(String words) {
        return "{\"model\":\"base\",\"max_tokens\":8,\"messages\":[{\"role\":\"user\",\"content\":\"" + words + "\"}]}";
    }

    private static int queued(TenantFixture fixture) {
        return fixture.gateway.gateway.runtime().settings.table().pools().stream()
                .mapToInt(p -> p.pool().queued())
                .sum();
    }

    private static CompletableFuture<HttpResponse<String>> send(TenantFixture fixture, String tenant, String words) {
        int before = queued(fixture);
        CompletableFuture<HttpResponse<String>> answer = sendOnly(fixture, tenant, words);
        TenantFixture.until(() -> queued(fixture) != before || answer.isDone());
        return answer;
    }

    private static CompletableFuture<HttpResponse<String>> first(
            TenantFixture fixture, ScriptedEngine engine, String tenant) {
        CompletableFuture<HttpResponse<String>> answer = sendOnly(fixture, tenant, "first");
        engine.awaitRequests(1);
        return answer;
    }

    private static CompletableFuture<HttpResponse<String>> sendOnly(
            TenantFixture fixture, String tenant, String words) {
        CompletableFuture<HttpResponse<String>> answer = new CompletableFuture<>();
        Thread.ofVirtual().start(() -> {
            try {
                answer.complete(fixture.gateway.post(CHAT, says(words), "x-api-key", key(tenant)));
            } catch (Exception e) {
                answer.completeExceptionally(e);
            }
        });
        return answer;
    }

    private static List<String> order(ScriptedEngine engine) {
        return engine.requests().stream()
                .map(q -> q.body().replaceAll(".*\"content\":\"([^\"]*)\".*", "$1"))
                .toList();
    }

    @Test
    void aQuietTenantDoesNotWaitBehindAllThatANoisyOneHasSent() throws Exception {
        try (ScriptedEngine engine = engine();
                ScriptedEngine next = new ScriptedEngine("base-next");
                TenantFixture fixture = TenantFixture.start(dir, engine, next, "", ONE, "")) {
            fixture.put("noisy", file("noisy", "")).put("quiet", file("quiet", "weight: 2\n"));
            List<CompletableFuture<HttpResponse<String>>> answers = new ArrayList<>();
            answers.add(first(fixture, engine, "noisy"));
            for (int i = 1; i <= 4; i++) {
                answers.add(send(fixture, "noisy", "noisy " + i));
            }
            answers.add(send(fixture, "quiet", "quiet 1"));
            answers.add(send(fixture, "quiet", "quiet 2"));
            assertThat(fixture.gateway.admin("/metrics").body())
                    .contains("sluice_queue_waiting_requests{pool=\"chat\",priority=\"0\",tenant=\"noisy\"} 4.0")
                    .contains("sluice_queue_waiting_requests{pool=\"chat\",priority=\"0\",tenant=\"quiet\"} 2.0");
            busy.countDown();
            for (CompletableFuture<HttpResponse<String>> answer : answers) {
                assertThat(answer.get().statusCode()).isEqualTo(200);
            }
            List<String> order = order(engine);
            assertThat(order).startsWith("first", "noisy 1", "quiet 1");
            assertThat(order.indexOf("quiet 2")).as("%s", order).isLessThan(order.indexOf("noisy 3"));
            String id =
                    answers.getLast().get().headers().firstValue("x-sluice-id").orElseThrow();
            assertThat(fixture.gateway.admin("/explain/" + id).body())
                    .contains(
                            "ms in the queue, band 0: every endpoint at its limit when it came, 5 waited in its band or above");
            fixture.gateway.awaitIdle();
        }
    }

    @Test
    void higherPrioritiesGoFirstAndPushOutLowerOnesWhenTheQueueIsFull() throws Exception {
        String routing = """
                routing:
                  tight:
                    plugins: [{type: least-work-scorer}, {type: max-score-picker}, {type: fair-share-policy}]
                    flowControl: {maxRequests: 2, defaultPriorityBand: {fairnessPolicyRef: fair-share-policy}}
                """;
        try (ScriptedEngine engine = engine();
                ScriptedEngine next = new ScriptedEngine("base-next");
                TenantFixture fixture =
                        TenantFixture.start(dir, engine, next, "", ONE + "\n    routing: tight", routing)) {
            fixture.put("batch", file("batch", "priority: -10\n"))
                    .put("plain", file("plain", ""))
                    .put("vip", file("vip", "priority: 100\n"));
            List<CompletableFuture<HttpResponse<String>>> answers = new ArrayList<>();
            answers.add(first(fixture, engine, "plain"));
            CompletableFuture<HttpResponse<String>> batch = send(fixture, "batch", "batch");
            answers.add(send(fixture, "plain", "plain"));
            answers.add(sendOnly(fixture, "vip", "vip"));
            HttpResponse<String> evicted = batch.get(); // so the queue is as long as before
            assertThat(evicted.statusCode()).isEqualTo(503);
            assertThat(evicted.body()).contains("overloaded_error");
            assertThat(evicted.headers().firstValue("retry-after")).hasValue("1");
            HttpResponse<String> full = send(fixture, "batch", "late").get();
            assertThat(full.statusCode()).isEqualTo(503);
            busy.countDown();
            for (CompletableFuture<HttpResponse<String>> answer : answers) {
                assertThat(answer.get().statusCode()).isEqualTo(200);
            }
            assertThat(order(engine)).containsExactly("first", "vip", "plain");
            assertThat(fixture.gateway.admin("/metrics").body())
                    .contains("reason=\"evicted\"")
                    .contains("reason=\"queue_full\"");
            fixture.gateway.awaitIdle();
        }
    }

    @Test
    void aTenantsOwnBoundIsItsOwnLimitAndNobodyElses() throws Exception {
        String routing = """
                routing:
                  tight:
                    plugins: [{type: least-work-scorer}, {type: max-score-picker}]
                    flowControl: {defaultPriorityBand: {fairnessPolicyRef: fair-share-policy, maxRequestsPerFlow: 1}}
                """;
        try (ScriptedEngine engine = engine();
                ScriptedEngine next = new ScriptedEngine("base-next");
                TenantFixture fixture =
                        TenantFixture.start(dir, engine, next, "", ONE + "\n    routing: tight", routing)) {
            fixture.put("a", file("a", "")).put("b", file("b", ""));
            List<CompletableFuture<HttpResponse<String>>> answers = new ArrayList<>();
            answers.add(first(fixture, engine, "a"));
            answers.add(send(fixture, "a", "a 1"));
            HttpResponse<String> refused = send(fixture, "a", "a 2").get();
            assertThat(refused.statusCode()).isEqualTo(429);
            assertThat(refused.body()).contains("rate_limit_exceeded");
            assertThat(refused.headers().firstValue("retry-after")).isPresent();
            answers.add(send(fixture, "b", "b 1"));
            busy.countDown();
            for (CompletableFuture<HttpResponse<String>> answer : answers) {
                assertThat(answer.get().statusCode()).isEqualTo(200);
            }
            fixture.gateway.awaitIdle();
        }
    }

    @Test
    void whoWaitsTooLongIsToldSo() throws Exception {
        String routing = """
                routing:
                  brief:
                    plugins: [{type: least-work-scorer}, {type: max-score-picker}]
                    flowControl: {defaultRequestTTL: 200ms}
                """;
        try (ScriptedEngine engine = engine();
                ScriptedEngine next = new ScriptedEngine("base-next");
                TenantFixture fixture =
                        TenantFixture.start(dir, engine, next, "", ONE + "\n    routing: brief", routing)) {
            fixture.put("a", file("a", ""));
            CompletableFuture<HttpResponse<String>> running = first(fixture, engine, "a");
            HttpResponse<String> late = send(fixture, "a", "late").get();
            assertThat(late.statusCode()).isEqualTo(503);
            assertThat(late.body()).contains("no engine of this model had room in time");
            busy.countDown();
            assertThat(running.get().statusCode()).isEqualTo(200);
            assertThat(fixture.gateway.admin("/metrics").body()).contains("reason=\"queue_timeout\"");
            fixture.gateway.awaitIdle();
        }
    }

    @Test
    void anIdleDetectorThatKnowsNothingHoldsNobodyBackForGood() throws Exception {
        // The engines' pages say nothing that the detector reads: it takes them to be full, as in llm-d.
        String routing = """
                routing:
                  blind:
                    plugins: [{type: least-work-scorer}, {type: max-score-picker}, {type: utilization-detector}]
                    flowControl: {saturationDetector: {pluginRef: utilization-detector}}
                """;
        try (ScriptedEngine engine = new ScriptedEngine("base").does((q, out) -> whole(out, 200, ANSWER));
                ScriptedEngine next = new ScriptedEngine("base-next");
                TenantFixture fixture = TenantFixture.start(dir, engine, next, "", "routing: blind", routing)) {
            fixture.put("a", file("a", ""));
            for (int i = 0; i < 5; i++) {
                assertThat(fixture.gateway
                                .post(CHAT, says("hello " + i), "x-api-key", key("a"))
                                .statusCode())
                        .isEqualTo(200);
            }
        }
    }
}
