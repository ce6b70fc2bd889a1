package dev.sluice.gateway.plugin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.core.Abstained;
import dev.sluice.core.RemoteScorer;
import dev.sluice.gateway.metrics.Meters;
import dev.sluice.spi.Candidates;
import dev.sluice.spi.Request;
import dev.sluice.spi.Scorer;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class GuardTest {
    private static final Request REQUEST = nothing(Request.class);
    private static final Duration BUDGET = Duration.ofMillis(200);
    private final PluginWorkers workers = new PluginWorkers();
    private final PluginGuard guard = new PluginGuard(BUDGET, new Meters("test"), workers);
    private final CountDownLatch over = new CountDownLatch(1);
    private final List<LoadedPlugin> plugins = new ArrayList<>();

    @AfterEach
    void letGo() {
        over.countDown();
        workers.close();
    }

    private RemoteScorer guarded(String name, Scorer scorer) {
        LoadedPlugin plugin = new LoadedPlugin(
                name, "1", "1.0", List.of(), new ClassLoader(name, null) {}, List.of(), new Lane(name));
        plugins.add(plugin);
        workers.plugins(plugins.size());
        return (RemoteScorer) guard.thirdParty(Scorer.class, name, name, scorer, plugin);
    }

    /** Does not heed interrupts. */
    private void hang() {
        while (over.getCount() > 0) {
            LockSupport.parkNanos(1_000_000);
            Thread.interrupted();
        }
    }

    @Test
    void oneThatHangsDoesNotTakeTheOthersVotesWithIt() {
        List<RemoteScorer> scorers = List.of(
                guarded("hangs", (r, c, s) -> hang()),
                guarded("also-hangs", (r, c, s) -> hang()),
                guarded("votes", (r, c, s) -> Arrays.fill(s, 0.75)));
        List<RemoteScorer.Answer> answers = scorers.getFirst().ask(scorers, REQUEST, candidates(2));

        assertThatThrownBy(() -> answers.get(0).await(new double[2])).isInstanceOf(Abstained.class);
        assertThatThrownBy(() -> answers.get(1).await(new double[2])).isInstanceOf(Abstained.class);
        double[] scores = new double[2];
        answers.get(2).await(scores);
        assertThat(scores).containsOnly(0.75);
    }

    @Test
    void manyRequestsAtOnceLoseOneThreadToAPluginAndNotMore() throws Exception {
        AtomicInteger inside = new AtomicInteger();
        AtomicInteger most = new AtomicInteger();
        RemoteScorer hangs = guarded("hangs", (r, c, s) -> {
            most.accumulateAndGet(inside.incrementAndGet(), Math::max);
            hang();
            inside.decrementAndGet();
        });
        try (ExecutorService requests = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<String>> reasons = new ArrayList<>();
            for (int i = 0; i < 50; i++) {
                reasons.add(requests.submit(() -> reasonOf(hangs)));
            }
            for (Future<String> reason : reasons) {
                assertThat(reason.get()).isNotEmpty();
            }
        }
        Lane lane = plugins.getFirst().lane();
        for (int i = 0; i < 5000 && lane.off().isEmpty(); i++) {
            LockSupport.parkNanos(1_000_000);
        }
        assertThat(lane.off()).contains("plugin hangs is off");
        assertThat(most).hasValue(1);
        assertThat(reasonOf(hangs)).isEqualTo(lane.off());
        assertThat(((Watched) hangs).report().breaker()).isEqualTo("off");
        assertThat(reasonOf(guarded("fresh", (r, c, s) -> Arrays.fill(s, 0)))).isEmpty();
    }

    @Test
    void whatIsWrittenTooLateIsSeenByNobody() throws Exception {
        CountDownLatch written = new CountDownLatch(1);
        RemoteScorer late = guarded("late", (r, c, s) -> {
            hang();
            Arrays.fill(s, 1);
            written.countDown();
        });
        double[] scores = {Double.NaN, Double.NaN};
        List<RemoteScorer.Answer> answers = late.ask(List.of(late), REQUEST, candidates(2));
        assertThatThrownBy(() -> answers.getFirst().await(scores)).isInstanceOf(Abstained.class);
        over.countDown();

        assertThat(written.await(10, TimeUnit.SECONDS)).isTrue();
        assertThat(scores).containsOnly(Double.NaN);
    }

    @Test
    void anInterruptOrAContextLoaderThatIsLeftBehindDoesNotMeetTheNext() {
        List<Object> met = new ArrayList<>();
        RemoteScorer rude = guarded("rude", (r, c, s) -> {
            Thread.currentThread().setContextClassLoader(null);
            Thread.currentThread().interrupt();
        });
        RemoteScorer next = guarded("next", (r, c, s) -> {
            met.add(Thread.currentThread().isInterrupted());
            met.add(Thread.currentThread().getContextClassLoader());
        });
        for (int i = 0; i < 20; i++) {
            assertThat(reasonOf(rude)).isEmpty();
            assertThat(reasonOf(next)).isEmpty();
        }
        assertThat(met).hasSize(40).containsOnly(false, plugins.get(1).loader());
    }

    @Test
    void aScoreOutsideItsRangeIsMovedAndCounted() {
        RemoteScorer wild = guarded("wild", (r, c, s) -> {
            s[0] = -3;
            s[1] = Double.POSITIVE_INFINITY;
            s[2] = Double.NaN;
        });
        double[] scores = new double[3];
        wild.ask(List.of(wild), REQUEST, candidates(3)).getFirst().await(scores);

        assertThat(scores).containsExactly(0, 1, Double.NaN);
        assertThat(((Watched) wild).report().calls()).containsEntry("clamped", 1L);
    }

    @Test
    void aReplacedInstanceAbstainsAndIsLetGo() {
        RemoteScorer old = guarded("old", (r, c, s) -> Arrays.fill(s, 1));
        ((Watched) old).release();

        assertThat(reasonOf(old)).isEqualTo("was replaced meanwhile");
        assertThatThrownBy(() -> old.explain(REQUEST, candidates(1), 0)).isInstanceOf(Abstained.class);
    }

    @Test
    void anExplanationIsNotCountedAsAVote() {
        Scorer talks = new Scorer() {
            @Override
            public void score(Request request, Candidates candidates, double[] scores) {
                Arrays.fill(scores, 1);
            }

            @Override
            public Map<String, Double> explain(Request request, Candidates candidates, int index) {
                return Map.of("price", 2.0 + index);
            }
        };
        RemoteScorer scorer = guarded("talks", talks);

        assertThat(reasonOf(scorer)).isEmpty();
        assertThat(scorer.explain(REQUEST, candidates(2), 1)).containsExactly(Map.entry("price", 3.0));
        assertThat(((Watched) scorer).report().calls()).containsExactly(Map.entry("ok", 1L));
    }

    @Test
    void idleWorkersEndWhenTheyAreRenewed() {
        assertThat(reasonOf(guarded("any", (r, c, s) -> Arrays.fill(s, 1)))).isEmpty();
        assertThat(workers.threads()).isPositive();
        workers.renew();
        for (int i = 0; i < 5000 && workers.threads() > 0; i++) {
            LockSupport.parkNanos(1_000_000);
        }
        assertThat(workers.threads()).isZero();
    }

    /** Why it abstains; empty when it votes. */
    private static String reasonOf(RemoteScorer scorer) {
        try {
            scorer.ask(List.of(scorer), REQUEST, candidates(2)).getFirst().await(new double[2]);
            return "";
        } catch (Abstained abstained) {
            return abstained.reason();
        }
    }

    private static Candidates candidates(int size) {
        return (Candidates) Proxy.newProxyInstance(
                Candidates.class.getClassLoader(), new Class<?>[] {Candidates.class}, (p, method, arguments) -> size);
    }

    private static <T> T nothing(Class<T> type) {
        return type.cast(Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type}, (p, m, a) -> {
            throw new UnsupportedOperationException(m.getName());
        }));
    }
}
