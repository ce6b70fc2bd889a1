package dev.sluice.gateway;

import static dev.sluice.gateway.GatewayFixture.CHAT;
import static dev.sluice.gateway.GatewayFixture.chat;
import static dev.sluice.gateway.ScriptedEngine.whole;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.core.discovery.EndpointSource;
import dev.sluice.core.discovery.EngineFacts;
import dev.sluice.core.discovery.Picture;
import dev.sluice.core.discovery.PoolRules;
import dev.sluice.core.discovery.Standing;
import dev.sluice.core.discovery.Wanted;
import dev.sluice.spi.Endpoint;
import dev.sluice.spi.Role;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What InferenceObjectives and InferenceModelRewrites of a pool do to requests. */
@Timeout(60)
class PoolRulesTest {
    private static final String ANSWER =
            "{\"id\":\"c\",\"choices\":[{\"index\":0,\"message\":{\"content\":\"hi\"},\"finish_reason\":\"stop\"}]}";

    @TempDir
    Path dir;

    /** A source that tells what a test wants. */
    private static final class Told implements EndpointSource {
        private final CompletableFuture<Consumer<Picture>> watching = new CompletableFuture<>();

        @Override
        public Watching watch(Wanted wanted, Consumer<Picture> news) {
            watching.complete(news);
            return () -> {};
        }

        void tell(ScriptedEngine engine, PoolRules rules) {
            String address = "127.0.0.1:" + engine.port();
            Picture.Found found = new Picture.Found(
                    new Endpoint("a", address, Role.BOTH, Map.of()),
                    address,
                    Standing.IN,
                    "ready",
                    "",
                    OptionalInt.empty(),
                    EngineFacts.NONE);
            watching.join().accept(new Picture(true, List.of(found), List.of(), List.of(), rules));
        }

        @Override
        public Rang ring(Picture.Revision revision, Duration most) {
            return Rang.FAILED;
        }

        @Override
        public List<String> missing(Wanted wanted) {
            return List.of();
        }

        @Override
        public void close() {}
    }

    private GatewayFixture gateway(Told source) throws IOException {
        return GatewayFixture.searching(Files.writeString(dir.resolve("gateway.yaml"), """
                        server: {host: 127.0.0.1, port: 0, debugHeaders: true, admin: {port: 0}, drain: {notReadyFor: 0s, streams: 5s}}
                        pools:
                          - name: chat
                            models: [base]
                            concurrency: 1
                            discovery: {inferencePool: {namespace: ns, name: chat}}
                        """), source);
    }

    private static PoolRules.Rewrite rewrite(Set<String> models, String... targets) {
        List<PoolRules.Target> list = new ArrayList<>();
        for (String target : targets) {
            list.add(new PoolRules.Target(target, OptionalInt.empty()));
        }
        return new PoolRules.Rewrite("r", 1, List.of(new PoolRules.Rule(models, list)));
    }

    private static PoolRules rewrites(PoolRules.Rewrite... rewrites) {
        return new PoolRules(Map.of(), List.of(rewrites));
    }

    private static void awaitReport(GatewayFixture gateway, String text) throws Exception {
        long end = System.nanoTime() + Duration.ofSeconds(20).toNanos();
        while (!gateway.admin("/endpoints").body().contains(text)) {
            assertThat(System.nanoTime()).as(text).isLessThan(end);
            LockSupport.parkNanos(5_000_000);
        }
    }

    @Test
    void anotherModelIsSentThanWasAskedForAlsoForANameThatNoPoolHas() throws Exception {
        Told source = new Told();
        try (ScriptedEngine engine = new ScriptedEngine("base").does((q, out) -> whole(out, 200, ANSWER));
                GatewayFixture gateway = gateway(source)) {
            source.tell(engine, PoolRules.NONE);
            gateway.awaitServing(1);
            String food = chat(false).replace("base", "food");
            assertThat(gateway.post(CHAT, food).statusCode()).isEqualTo(404);

            source.tell(engine, rewrites(rewrite(Set.of("food"), "food-2")));
            assertThat(gateway.post(CHAT, food).statusCode()).isEqualTo(200);
            assertThat(engine.requests().getLast().body())
                    .contains("\"food-2\"")
                    .doesNotContain("\"food\"");
            assertThat(gateway.post(CHAT, chat(false)).statusCode()).isEqualTo(200);
            assertThat(engine.requests().getLast().body()).contains("\"base\"");

            source.tell(engine, rewrites(rewrite(Set.of(), "base-v2")));
            assertThat(gateway.post(CHAT, chat(false)).statusCode()).isEqualTo(200);
            assertThat(engine.requests().getLast().body()).contains("\"base-v2\"");
            // What the client names in a header stays.
            assertThat(gateway.post(CHAT, food, "x-llm-d-model-name-rewrite", "base")
                            .statusCode())
                    .isEqualTo(200);
            assertThat(engine.requests().getLast().body()).contains("\"base\"");

            source.tell(engine, PoolRules.NONE);
            assertThat(gateway.post(CHAT, food).statusCode()).isEqualTo(404);
        }
    }

    @Test
    void requestsAreDealtOutOverTargets() throws Exception {
        Told source = new Told();
        try (ScriptedEngine engine = new ScriptedEngine("base").does((q, out) -> whole(out, 200, ANSWER));
                GatewayFixture gateway = gateway(source)) {
            source.tell(engine, rewrites(rewrite(Set.of("base"), "one", "two")));
            gateway.awaitServing(1);
            for (int i = 0; i < 40; i++) {
                assertThat(gateway.post(CHAT, chat(false)).statusCode()).isEqualTo(200);
            }
            long ones = engine.requests().stream()
                    .filter(r -> r.body().contains("\"one\""))
                    .count();
            assertThat(ones).isBetween(5L, 35L); // 20 ± 5 sigma: by chance
        }
    }

    @Test
    void whoNamesAnObjectiveWaitsByItsPriority() throws Exception {
        Told source = new Told();
        CountDownLatch go = new CountDownLatch(1);
        try (ScriptedEngine engine = new ScriptedEngine("base")
                        .does(
                                (q, out) -> {
                                    go.await();
                                    return whole(out, 200, ANSWER);
                                },
                                (q, out) -> whole(out, 200, ANSWER));
                GatewayFixture gateway = gateway(source);
                ExecutorService clients = Executors.newVirtualThreadPerTaskExecutor()) {
            source.tell(engine, new PoolRules(Map.of("urgent", 5, "batch", -1), List.of()));
            gateway.awaitServing(1);
            List<Future<HttpResponse<String>>> answers = new ArrayList<>();
            answers.add(clients.submit(() -> gateway.post(CHAT, chat(false))));
            engine.awaitRequests(1);
            String[] names = {"plain", "urgent", "older-name", "unknown"};
            String[][] headers = {
                {},
                {"x-llm-d-inference-objective", "urgent"},
                {"x-gateway-inference-objective", "urgent"},
                {"x-llm-d-inference-objective", "no-such"}
            };
            for (int i = 0; i < names.length; i++) {
                String body = chat(false).replace("base\"", "base\",\"user\":\"" + names[i] + "\"");
                String[] its = headers[i];
                answers.add(clients.submit(() -> gateway.post(CHAT, body, its)));
                awaitReport(gateway, "\"queued\":" + (i + 1));
            }
            go.countDown();
            for (Future<HttpResponse<String>> answer : answers) {
                assertThat(answer.get().statusCode()).isEqualTo(200);
            }
            List<String> order = engine.requests().stream()
                    .skip(1)
                    .map(r -> r.body().replaceAll(".*\"user\":\"([a-z-]+)\".*", "$1"))
                    .toList();
            assertThat(order).containsExactly("urgent", "older-name", "plain", "unknown");
        }
    }
}
