package dev.sluice.gateway;

import static dev.sluice.gateway.GatewayFixture.CHAT;
import static dev.sluice.gateway.GatewayFixture.chat;
import static dev.sluice.gateway.ScriptedEngine.whole;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.core.discovery.EndpointSource;
import dev.sluice.core.discovery.EngineFacts;
import dev.sluice.core.discovery.Picture;
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
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Endpoints that a search has found, and those that it has not found yet: requests for a pool at zero. */
@Timeout(60)
class FoundEndpointsTest {
    private static final String ANSWER =
            "{\"id\":\"c\",\"choices\":[{\"index\":0,\"message\":{\"content\":\"hi\"},\"finish_reason\":\"stop\"}]}";

    @TempDir
    Path dir;

    /** A source that tells what a test wants, and counts rings. */
    private static final class Told implements EndpointSource {
        private final CompletableFuture<Consumer<Picture>> watching = new CompletableFuture<>();
        private final AtomicInteger rings = new AtomicInteger();
        private final CountDownLatch answer = new CountDownLatch(1);

        @Override
        public Watching watch(Wanted wanted, Consumer<Picture> news) {
            watching.complete(news);
            return () -> {};
        }

        void tell(Picture picture) {
            watching.join().accept(picture);
        }

        @Override
        public Rang ring(Picture.Revision revision, Duration most) throws InterruptedException {
            rings.incrementAndGet();
            answer.await();
            return Rang.ANSWERED;
        }

        @Override
        public List<String> missing(Wanted wanted) {
            return List.of();
        }

        @Override
        public void close() {
            answer.countDown();
        }
    }

    private static Picture.Found found(ScriptedEngine engine, String id, Standing standing, String revision) {
        return found(engine, id, standing, revision, Role.BOTH);
    }

    private static Picture.Found found(
            ScriptedEngine engine, String id, Standing standing, String revision, Role role) {
        String address = "127.0.0.1:" + engine.port();
        return new Picture.Found(
                new Endpoint(id, address, role, Map.of()),
                address,
                standing,
                standing == Standing.HELD ? "discovered, and not ready" : "ready",
                revision,
                OptionalInt.empty(),
                EngineFacts.NONE);
    }

    private static Picture picture(Picture.Found... found) {
        return new Picture(
                true,
                List.of(found),
                List.of(
                        new Picture.Revision("chat-p", "ns", "chat-p", OptionalInt.of(100), List.of("door"), ""),
                        new Picture.Revision("chat-d", "ns", "chat-d", OptionalInt.of(100), List.of("door"), "")),
                List.of());
    }

    /** Prefill and decode, of which the first is asleep. */
    private static Picture prefillSleeps(ScriptedEngine decode) {
        return new Picture(
                true,
                List.of(found(decode, "d", Standing.IN, "chat-d", Role.DECODE)),
                List.of(revision("chat-p", Role.PREFILL), revision("chat-d", Role.DECODE)),
                List.of());
    }

    private static Picture.Revision revision(String name, Role role) {
        return PrewarmingTest.revision(name, role, Double.NaN, 0, 0, 0);
    }

    private GatewayFixture gateway(EndpointSource source, String firstByte) throws IOException {
        return gateway(source, firstByte, "");
    }

    /** @param more lines of the pool and behind it */
    private GatewayFixture gateway(EndpointSource source, String firstByte, String more) throws IOException {
        return GatewayFixture.searching(
                Files.writeString(dir.resolve("gateway.yaml"), """
                        server: {host: 127.0.0.1, port: 0, debugHeaders: true, admin: {port: 0}, drain: {notReadyFor: 0s, streams: 5s}}
                        pools:
                          - name: chat
                            models: [base]
                            timeouts: {firstByte: %s}
                            discovery: {knative: {namespace: ns, selector: app=chat}}
                        %s
                        """.formatted(firstByte, more)), source);
    }

    private static void awaitReport(GatewayFixture gateway, String text) throws Exception {
        await(gateway, "/endpoints", text, true);
    }

    private static void awaitNoReport(GatewayFixture gateway, String text) throws Exception {
        await(gateway, "/endpoints", text, false);
    }

    private static void await(GatewayFixture gateway, String page, String text, boolean there) throws Exception {
        long end = System.nanoTime() + Duration.ofSeconds(20).toNanos();
        while (gateway.admin(page).body().contains(text) != there) {
            assertThat(System.nanoTime()).as(text).isLessThan(end);
            java.util.concurrent.locks.LockSupport.parkNanos(5_000_000);
        }
    }

    @Test
    void fiftyRequestsForAPoolAtZeroWaitAreServedAndWakeEachRevisionOnce() throws Exception {
        Told source = new Told();
        try (ScriptedEngine engine = new ScriptedEngine("base").does((q, out) -> whole(out, 200, ANSWER));
                GatewayFixture gateway = gateway(source, "20s");
                ExecutorService clients = Executors.newVirtualThreadPerTaskExecutor()) {
            source.tell(picture());
            assertThat(gateway.gateway.awaitReady(Duration.ofSeconds(10))).isTrue();
            awaitReport(gateway, "asleep");
            Callable<HttpResponse<String>> ask = () -> gateway.post(CHAT, chat(false));
            List<Future<HttpResponse<String>>> answers = new ArrayList<>();
            for (int i = 0; i < 50; i++) {
                answers.add(clients.submit(ask));
            }
            awaitReport(gateway, "\"queued\":50");
            assertThat(source.rings.get()).isEqualTo(2);
            source.answer.countDown();
            source.tell(picture(found(engine, "p", Standing.IN, "chat-p"), found(engine, "d", Standing.IN, "chat-d")));
            for (Future<HttpResponse<String>> answer : answers) {
                assertThat(answer.get().statusCode()).isEqualTo(200);
            }
            assertThat(source.rings.get()).isEqualTo(2);
            await(gateway, "/metrics", "sluice_wakeups_total{outcome=\"woken\"} 2.0", true);
            assertThat(gateway.admin("/metrics").body()).contains("sluice_discovery_problems{pool=\"chat\"} 0");
        }
    }

    @Test
    void prefillThatNobodyWouldUseSleepsOn() throws Exception {
        Told source = new Told();
        try (ScriptedEngine engine = new ScriptedEngine("base").does((q, out) -> whole(out, 200, ANSWER));
                GatewayFixture gateway = gateway(source, "20s", "    connector: nixl")) {
            source.tell(prefillSleeps(engine));
            gateway.awaitServing(1);
            awaitReport(gateway, "asleep");
            for (int i = 0; i < 10; i++) {
                assertThat(gateway.post(CHAT, chat(false)).statusCode()).isEqualTo(200);
            }
            // What wakes it is noticed before this picture, in which it is gone.
            source.tell(new Picture(
                    true,
                    List.of(found(engine, "d", Standing.IN, "chat-d", Role.DECODE)),
                    List.of(revision("chat-d", Role.DECODE)),
                    List.of()));
            awaitNoReport(gateway, "chat-p");
            assertThat(source.rings.get()).isZero();
            assertThat(gateway.admin("/metrics").body())
                    .contains("sluice_disaggregation_total{decision=\"decode-only\"} 10.0");
        }
    }

    @Test
    void prefillThatARequestWouldHaveUsedIsWokenOnce() throws Exception {
        Told source = new Told();
        try (ScriptedEngine engine = new ScriptedEngine("base").does((q, out) -> whole(out, 200, ANSWER));
                GatewayFixture gateway =
                        gateway(source, "20s", "    connector: nixl\n    routing: always\n" + Halves.ALWAYS)) {
            source.tell(prefillSleeps(engine));
            gateway.awaitServing(1);
            awaitReport(gateway, "asleep");
            for (int i = 0; i < 10; i++) {
                assertThat(gateway.post(CHAT, chat(false)).statusCode())
                        .as("served by the decode endpoint meanwhile")
                        .isEqualTo(200);
            }
            awaitReport(gateway, "ringing");
            assertThat(source.rings.get()).isEqualTo(1);
            source.answer.countDown();
            awaitReport(gateway, "coming");
        }
    }

    @Test
    void aRequestThatWaitedMayGoToAPodThatCameWhileItDid() throws Exception {
        Told source = new Told();
        try (ScriptedEngine old = new ScriptedEngine("base").does((q, out) -> whole(out, 200, ANSWER));
                ScriptedEngine next = new ScriptedEngine("base").does((q, out) -> whole(out, 200, ANSWER));
                GatewayFixture gateway = gateway(source, "20s");
                ExecutorService clients = Executors.newVirtualThreadPerTaskExecutor()) {
            source.tell(
                    rolled(found(old, "a", Standing.DRAINING, "chat-1"), found(old, "b", Standing.DRAINING, "chat-2")));
            awaitReport(gateway, "asleep");
            Future<HttpResponse<String>> answer = clients.submit(() -> gateway.post(CHAT, chat(false)));
            awaitReport(gateway, "\"queued\":1");
            source.tell(rolled(
                    found(old, "a", Standing.DRAINING, "chat-1"),
                    found(old, "b", Standing.DRAINING, "chat-2"),
                    found(next, "c", Standing.IN, "chat-2")));
            assertThat(answer.get().statusCode()).isEqualTo(200);
            assertThat(next.requests()).hasSize(1);
        }
    }

    private static Picture rolled(Picture.Found... found) {
        return new Picture(
                true,
                List.of(found),
                List.of(
                        new Picture.Revision("chat-1", "ns", "chat", OptionalInt.of(0), List.of("door"), ""),
                        new Picture.Revision("chat-2", "ns", "chat", OptionalInt.of(100), List.of("door"), "")),
                List.of());
    }

    @Test
    void whoCanNotBeServedInTimeIsToldThatThePoolIsStarting() throws Exception {
        Told source = new Told();
        try (GatewayFixture gateway = gateway(source, "300ms")) {
            source.tell(picture());
            gateway.gateway.awaitReady(Duration.ofSeconds(10));
            HttpResponse<String> answer = gateway.post(CHAT, chat(false));
            assertThat(answer.statusCode()).isEqualTo(503);
            assertThat(answer.body()).contains("\"starting\"").contains("overloaded_error");
            assertThat(answer.headers().firstValue("retry-after")).contains("10");
        }
    }

    @Test
    void anEndpointThatIsNotReadyIsShownWithItsReasonAndGetsNothing() throws Exception {
        Told source = new Told();
        try (ScriptedEngine ready = new ScriptedEngine("base").does((q, out) -> whole(out, 200, ANSWER));
                ScriptedEngine not = new ScriptedEngine("base").does((q, out) -> whole(out, 200, ANSWER));
                GatewayFixture gateway = gateway(source, "20s")) {
            source.tell(picture(found(ready, "a", Standing.IN, "chat-p"), found(not, "b", Standing.HELD, "chat-p")));
            gateway.awaitServing(1);
            not.awaitModelsAsked(1);
            awaitReport(gateway, "discovered, and not ready");
            for (int i = 0; i < 10; i++) {
                assertThat(gateway.post(CHAT, chat(false)).statusCode()).isEqualTo(200);
            }
            assertThat(not.requests()).isEmpty();
            source.tell(
                    picture(found(ready, "a", Standing.DRAINING, "chat-p"), found(not, "b", Standing.IN, "chat-p")));
            gateway.awaitServing(1);
            assertThat(gateway.post(CHAT, chat(false)).statusCode()).isEqualTo(200);
            assertThat(not.requests()).hasSize(1);
        }
    }

    @Test
    void anotherModelBehindAnAddressThatIsUsedAgainGetsNothing() throws Exception {
        Told source = new Told();
        try (ScriptedEngine other = new ScriptedEngine("stranger");
                GatewayFixture gateway = gateway(source, "300ms")) {
            source.tell(picture(found(other, "a", Standing.IN, "chat-p")));
            awaitReport(gateway, "serves stranger, not base");
            assertThat(gateway.post(CHAT, chat(false)).statusCode()).isEqualTo(503);
            assertThat(other.requests()).isEmpty();
        }
    }

    @Test
    void aLoneEndpointThatDiesCostsNoRequestWhenAnotherIsFoundSoon() throws Exception {
        Told source = new Told();
        try (ScriptedEngine old = new ScriptedEngine("base").does((q, out) -> whole(out, 200, ANSWER));
                ScriptedEngine next = new ScriptedEngine("base").does((q, out) -> whole(out, 200, ANSWER));
                GatewayFixture gateway = gateway(source, "20s");
                ExecutorService clients = Executors.newVirtualThreadPerTaskExecutor()) {
            source.tell(picture(found(old, "a", Standing.IN, "chat-p")));
            gateway.awaitServing(1);
            assertThat(gateway.post(CHAT, chat(false)).statusCode()).isEqualTo(200);
            old.die();
            Future<HttpResponse<String>> answer = clients.submit(() -> gateway.post(CHAT, chat(false)));
            while (gateway.inFlight() == 0 && !answer.isDone() && source.rings.get() == 0) {
                java.util.concurrent.locks.LockSupport.parkNanos(1_000_000);
            }
            source.tell(picture(found(next, "b", Standing.IN, "chat-p")));
            assertThat(answer.get().statusCode()).isEqualTo(200);
            assertThat(next.requests()).hasSize(1);
        }
    }
}
