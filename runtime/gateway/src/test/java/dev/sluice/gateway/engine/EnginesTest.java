package dev.sluice.gateway.engine;

import static dev.sluice.gateway.engine.FakeEngine.whole;
import static dev.sluice.gateway.engine.News.next;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class EnginesTest {
    private static final EngineSettings SETTINGS = EngineSettings.DEFAULT;
    private final List<AutoCloseable> open = new ArrayList<>();

    Ground ground(EngineTarget target) {
        return Ground.JDK;
    }

    @AfterEach
    void closeAll() throws Exception {
        for (AutoCloseable resource : open.reversed()) {
            resource.close();
        }
    }

    @Test
    void aHealthyEngineIsFoundWithItsModelsAndItsMetrics() throws Exception {
        FakeEngine engine = opened(FakeEngine.serving("unused"));
        engine.on("/v1/models", whole(200, MetricsPageTest.capture("vllm-0.32-models.json")));
        engine.on("/metrics", whole(200, MetricsPageTest.capture("vllm-0.32-overload.txt")));
        News news = watch(engine.target("a", "tiny"));
        Served served = next(news.fine);
        assertThat(served.models()).startsWith("tiny").contains("alpha");
        assertThat(served.adapters()).contains("alpha").doesNotContain("tiny");
        assertThat(served.root()).isPresent();
        assertThat(served.maxModelLen()).hasValue(8192);
        assertThat(next(news.scrapes)).isEqualTo(MetricsPageTest.withoutAdapters(24, 16, 0.22939068100358428));
    }

    @Test
    void anEngineThatServesAnotherModelIsNamedAsSuch() throws Exception {
        News news = watch(opened(FakeEngine.serving("other")).target("a", "mine"));
        assertThat(next(news.wrong)).isEqualTo("serves other, not mine");
        assertThat(news.fine).isEmpty();
    }

    @Test
    void aFailingEngineIsAskedAgainByItselfUntilItAnswers() throws Exception {
        FakeEngine engine = opened(FakeEngine.serving("m").on("/health", whole(503, "")));
        News news = watch(engine.target("a", "m"));
        assertThat(next(news.failed)).isEqualTo("GET /health answered 503");
        next(news.failed);
        engine.on("/health", whole(200, ""));
        next(news.fine);
    }

    @Test
    void anEngineThatIsNotThereYetIsFoundWhenItComes() throws Exception {
        FakeEngine first = new FakeEngine();
        int port = first.port();
        first.close();
        News news = watch(new EngineTarget("a", URI.create("http://127.0.0.1:" + port), Optional.empty(), Set.of("m")));
        assertThat(next(news.failed)).containsIgnoringCase("refused");
        opened(new FakeEngine(port)).healthy("m");
        next(news.fine);
        next(news.scrapes);
    }

    @Test
    void probeNowDoesNotWaitForTheNextTurn() throws Exception {
        FakeEngine engine = opened(FakeEngine.serving("m"));
        News news = new News("a");
        Engines engines = watch(news, engine.target("a", "m"));
        next(news.fine);
        engine.on("/v1/models", whole(200, FakeEngine.models("n")));
        engines.probeNow("a");
        assertThat(next(news.wrong)).isEqualTo("serves n, not m");
        engines.probeNow("unknown");
    }

    @Test
    void theEnginesKeyIsSentAndAWrongOneIsSaid() throws Exception {
        FakeEngine engine = opened(FakeEngine.serving("m").on("/v1/models", whole(401, "{}")));
        News news = watch(new EngineTarget("a", engine.uri(), Optional.of("secret"), Set.of("m")));
        assertThat(next(news.failed)).contains("401").contains("key");
        assertThat(engine.heads).anyMatch(head -> head.contains("Authorization: Bearer secret"));
    }

    @Test
    void metricsAreReadWhereTheyAre() throws Exception {
        FakeEngine engine = opened(FakeEngine.serving("m"));
        FakeEngine page =
                opened(new FakeEngine().on("/prometheus/metrics", whole(200, "vllm:num_requests_running 1.0\n")));
        News news = watch(engine.target("a", "m").withMetrics(page.uri().resolve("/prometheus/metrics")));
        next(news.fine);
        next(news.scrapes);
        assertThat(page.heads).allMatch(head -> head.startsWith("GET /prometheus/metrics HTTP/1.1\r\n"));
        assertThat(engine.heads).noneMatch(head -> head.contains("/metrics"));
    }

    @Test
    void modelsThatAreNoJsonAreAFailureInWords() throws Exception {
        FakeEngine engine = opened(FakeEngine.serving("m").on("/v1/models", whole(200, "<html>")));
        assertThat(next(watch(engine.target("a", "m")).failed)).contains("no list of models");
    }

    @Test
    void withTrafficThePictureIsNeverOlderThanAQuarterOfASecond() throws Exception {
        FakeEngine engine = opened(FakeEngine.serving("m"));
        News news = new News("a");
        Engines engines = watch(news, engine.target("a", "m"));
        next(news.scrapes);
        long started = System.nanoTime();
        engines.traffic("a");
        next(news.scrapes);
        assertThat(System.nanoTime() - started).isLessThan(Duration.ofSeconds(1).toNanos());
        List<Long> gaps = new ArrayList<>();
        for (int i = 0; i < 6; i++) {
            long before = System.nanoTime();
            engines.traffic("a");
            next(news.scrapes);
            gaps.add(Duration.ofNanos(System.nanoTime() - before).toMillis());
        }
        assertThat(gaps.stream().sorted().toList().get(3)).as("median gap, ms").isLessThanOrEqualTo(250);
        assertThat(engine.connections.get()).as("kept connections").isLessThanOrEqualTo(4);
    }

    @Test
    void aSlowEngineDelaysNobodyElse() throws Exception {
        CountDownLatch hold = new CountDownLatch(1);
        FakeEngine good = opened(FakeEngine.serving("m"));
        List<EngineTarget> targets = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            FakeEngine slow = opened(new FakeEngine());
            for (String path : List.of("/health", "/metrics", "/v1/models")) {
                slow.on(path, out -> hold.await());
            }
            targets.add(slow.target("slow" + i, "m"));
        }
        targets.add(good.target("a", "m"));
        News news = new News("a");
        long started = System.nanoTime();
        watch(news, targets.toArray(EngineTarget[]::new));
        next(news.fine);
        next(news.scrapes);
        assertThat(Duration.ofNanos(System.nanoTime() - started)).isLessThan(SETTINGS.timeout());
        hold.countDown();
    }

    @Test
    void anEngineThatHangsOrTricklesIsGivenUpInTime() throws Exception {
        CountDownLatch hold = new CountDownLatch(1);
        FakeEngine hangs = opened(FakeEngine.serving("m").on("/health", out -> hold.await()));
        assertThat(next(watch(hangs.target("a", "m")).failed)).isEqualTo("no answer within 1000 ms");
        FakeEngine trickles = opened(FakeEngine.serving("m").on("/health", out -> {
            while (!hold.await(20, TimeUnit.MILLISECONDS)) {
                out.write("HTTP/1.1 200 OK\r\nx: y".getBytes(StandardCharsets.US_ASCII), 0, 1);
            }
        }));
        assertThat(next(watch(trickles.target("b", "m"), "b").failed)).isNotEmpty();
        hold.countDown();
    }

    @Test
    void anEndlessPageIsGivenUpAndAPageThatStaysAwayIsSaidToBeLostOnce() throws Exception {
        CountDownLatch hold = new CountDownLatch(1);
        FakeEngine engine = opened(FakeEngine.serving("m").on("/metrics", out -> {
            out.write("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
            byte[] chunk = ("1000\r\n" + "x".repeat(0x1000) + "\r\n").getBytes(StandardCharsets.US_ASCII);
            while (hold.getCount() > 0) {
                out.write(chunk);
            }
        }));
        News news = new News("a");
        Engines engines = watch(news, engine.target("a", "m"));
        engines.traffic("a");
        next(news.lost);
        hold.countDown();
        engine.on("/metrics", whole(200, "vllm:num_requests_running 2\n"));
        engines.traffic("a");
        assertThat(next(news.scrapes).running()).isEqualTo(2);
        assertThat(news.lost).isEmpty();
    }

    @Test
    void chunkedPagesAreRead() throws Exception {
        FakeEngine engine = opened(
                FakeEngine.serving("m").on("/metrics", out -> out.write("""
                HTTP/1.1 200 OK\r
                transfer-encoding: chunked\r
                \r
                12\r
                vllm:num_requests_\r
                b\r
                waiting 5.0\r
                0\r
                \r
                """.getBytes(StandardCharsets.US_ASCII))));
        assertThat(next(watch(engine.target("a", "m")).scrapes).waiting()).isEqualTo(5);
    }

    @Test
    void aConnectionThatTheEngineClosedMeanwhileIsReplacedUnseen() throws Exception {
        FakeEngine engine = opened(FakeEngine.serving("m"));
        try (EngineConnection connection = new EngineConnection(engine.target("a", "m"), Duration.ofSeconds(1))) {
            for (int i = 0; i < 20; i++) {
                assertThat(connection.<Integer>get("/health", (status, body) -> status + body.readAllBytes().length))
                        .isEqualTo(200);
                engine.hangUp();
            }
        }
        assertThat(engine.count("/health")).isGreaterThanOrEqualTo(20);
    }

    @Test
    void anEngineThatWasRemovedIsLeftAlone() throws Exception {
        FakeEngine engine = opened(FakeEngine.serving("m"));
        FakeEngine other = opened(FakeEngine.serving("m"));
        News news = new News("b");
        Engines engines = watch(news, engine.target("a", "m"));
        engines.setTargets(List.of(other.target("b", "m")));
        next(news.fine);
        next(news.scrapes);
        long asked = engine.requests.size();
        engines.traffic("a");
        for (int i = 0; i < 3; i++) {
            engines.traffic("b");
            next(news.scrapes);
        }
        assertThat(engine.requests.size() - asked).isLessThanOrEqualTo(1);
    }

    @Test
    void anEngineThatStaysIsNotDisturbedByOthers() throws Exception {
        FakeEngine engine = opened(FakeEngine.serving("m"));
        News news = new News("a");
        Engines engines = watch(news, engine.target("a", "m"));
        next(news.fine);
        for (int i = 0; i < 50; i++) {
            engines.setTargets(List.of(engine.target("a", "m"), engine.target("b" + i, "m")));
        }
        assertThat(news.fine).isEmpty();
        assertThatThrownBy(() -> engines.setTargets(List.of(engine.target("a"), engine.target("a"))))
                .hasMessageContaining("two endpoints");
    }

    @Test
    void aBaseMustBeHttp() {
        assertThatThrownBy(() -> new EngineTarget("a", URI.create("tcp://x:1"), Optional.empty(), Set.of()))
                .isInstanceOf(IllegalArgumentException.class);
        assertThat(new EngineTarget("a", URI.create("http://x:1"), Optional.of("secret"), Set.of()).toString())
                .doesNotContain("secret");
    }

    private News watch(EngineTarget target) {
        return watch(target, target.id());
    }

    private News watch(EngineTarget target, String id) {
        News news = new News(id);
        watch(news, target);
        return news;
    }

    private Engines watch(News news, EngineTarget... targets) {
        Engines engines = opened(new Engines(SETTINGS, news, this::ground));
        engines.setTargets(List.of(targets));
        return engines;
    }

    private <T extends AutoCloseable> T opened(T resource) {
        open.add(resource);
        return resource;
    }
}
