package dev.sluice.gateway.plugin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.core.Abstained;
import dev.sluice.gateway.metrics.Meters;
import dev.sluice.gateway.plugin.PageExtractor.Sample;
import dev.sluice.spi.Attributes;
import dev.sluice.spi.Candidates;
import dev.sluice.spi.Choice;
import dev.sluice.spi.Ending;
import dev.sluice.spi.Endpoint;
import dev.sluice.spi.Extractor;
import dev.sluice.spi.Observer;
import dev.sluice.spi.Part;
import dev.sluice.spi.Request;
import dev.sluice.spi.ResponseHeaderWriter;
import dev.sluice.spi.Role;
import dev.sluice.spi.SaturationDetector;
import dev.sluice.spi.SessionKey;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Third parties' parts that are asked or told beside decisions. */
@Timeout(60)
class GuardedKindsTest {
    private static final Endpoint ENDPOINT = new Endpoint("e0", "10.0.0.1:8000", Role.BOTH, Map.of());

    private final PluginWorkers workers = new PluginWorkers();
    private final PluginGuard guard = new PluginGuard(Duration.ofMillis(200), new Meters("test"), workers);
    private final CountDownLatch over = new CountDownLatch(1);
    private final LoadedPlugin plugin =
            new LoadedPlugin("p", "1", "1.0", List.of(), new ClassLoader("p", null) {}, List.of(), new Lane("p"));

    @AfterEach
    void letGo() {
        over.countDown();
        workers.close();
    }

    private <P extends Part> P guarded(Class<P> kind, P part) {
        return guard.thirdParty(kind, "type", "name", part, plugin);
    }

    @Test
    void eventsArriveInOrderOnAThreadOfThePlugins() throws Exception {
        BlockingQueue<String> heard = new LinkedBlockingQueue<>();
        Observer observer = guarded(Observer.class, new Observer() {
            @Override
            public void chosen(Request request, Candidates candidates, Choice choice) {
                heard.add("chosen on " + Thread.currentThread().getName());
            }

            @Override
            public void began(Request request, Choice choice, long at) {
                heard.add("began " + at);
            }

            @Override
            public void ended(Request request, Choice choice, Ending ending) {
                heard.add("ended");
            }
        });
        for (int i = 0; i < 100; i++) {
            observer.chosen(nothing(Request.class), nothing(Candidates.class), nothing(Choice.class));
            observer.began(nothing(Request.class), nothing(Choice.class), i);
            observer.ended(nothing(Request.class), nothing(Choice.class), nothing(Ending.class));
        }
        for (int i = 0; i < 100; i++) {
            assertThat(next(heard)).isEqualTo("chosen on plugin-worker");
            assertThat(next(heard)).isEqualTo("began " + i);
            assertThat(next(heard)).isEqualTo("ended");
        }
    }

    @Test
    void anObserverThatHangsHoldsNobodyUpAndWhatItMissesIsCounted() {
        Observer observer = guarded(Observer.class, new Observer() {
            @Override
            public void began(Request request, Choice choice, long at) {
                hang();
            }
        });
        long begun = System.nanoTime();
        long calls = 0;
        while (calls < 5000 && plugin.lane().off().isEmpty()) { // it is switched off after a while
            observer.began(nothing(Request.class), nothing(Choice.class), calls++);
        }
        assertThat(System.nanoTime() - begun).isLessThan(TimeUnit.SECONDS.toNanos(10));
        assertThat(((Watched) observer).report().calls().getOrDefault("busy", 0L))
                .as("of %d calls, but for those that wait", calls)
                .isGreaterThan(calls - 2000);
        for (int i = 0; i < 5000 && plugin.lane().off().isEmpty(); i++) {
            LockSupport.parkNanos(1_000_000);
        }
        assertThat(plugin.lane().off()).contains("plugin p is off");
    }

    @Test
    void anObserverThatThrowsIsToldOfTheNextEventAndAReleasedOneOfNone() throws Exception {
        BlockingQueue<Long> heard = new LinkedBlockingQueue<>();
        Observer observer = guarded(Observer.class, new Observer() {
            @Override
            public void began(Request request, Choice choice, long at) {
                heard.add(at);
                throw new IllegalStateException("always");
            }
        });
        observer.began(nothing(Request.class), nothing(Choice.class), 1);
        observer.began(nothing(Request.class), nothing(Choice.class), 2);
        assertThat(next(heard)).isEqualTo(1);
        assertThat(next(heard)).isEqualTo(2);
        ((Watched) observer).release();
        observer.began(nothing(Request.class), nothing(Choice.class), 3);
        assertThat(heard.poll(50, TimeUnit.MILLISECONDS)).isNull();
    }

    @Test
    void keysDetectorsAndWritersAnswerOrAbstain() {
        assertThat(guarded(SessionKey.class, request -> Optional.of("s1")).key(nothing(Request.class)))
                .contains("s1");
        assertThatThrownBy(() -> guarded(SessionKey.class, request -> {
                            throw new IllegalStateException("broken");
                        })
                        .key(nothing(Request.class)))
                .isInstanceOf(Abstained.class);
        assertThat(guarded(SaturationDetector.class, candidates -> 0.5).saturation(nothing(Candidates.class)))
                .isEqualTo(0.5);
        assertThatThrownBy(() ->
                        guarded(SaturationDetector.class, candidates -> -1).saturation(nothing(Candidates.class)))
                .isInstanceOf(Abstained.class)
                .hasMessageContaining("not 0 or more");
        Map<String, String> headers = new TreeMap<>();
        ResponseHeaderWriter many = (request, choice, out) -> {
            for (int i = 0; i < 100; i++) {
                out.set("x-" + (char) ('a' + i % 26), "v");
            }
        };
        guarded(ResponseHeaderWriter.class, many).write(nothing(Request.class), nothing(Choice.class), headers::put);
        assertThat(headers).hasSize(16);
        ResponseHeaderWriter unfit = (request, choice, out) -> out.set("content-length", "5");
        assertThatThrownBy(() -> guarded(ResponseHeaderWriter.class, unfit)
                        .write(nothing(Request.class), nothing(Choice.class), (name, value) -> {
                            throw new IllegalArgumentException("the gateway's own");
                        }))
                .isInstanceOf(Abstained.class)
                .hasMessageContaining("the gateway's own");
        ResponseHeaderWriter late = (request, choice, out) -> {
            out.set("x-late", "v");
            hang();
        };
        assertThatThrownBy(() -> guarded(ResponseHeaderWriter.class, late)
                        .write(nothing(Request.class), nothing(Choice.class), headers::put))
                .isInstanceOf(Abstained.class);
        assertThat(headers).doesNotContainKey("x-late");
    }

    @Test
    void anExtractorIsAskedByThePage() {
        Extractor extractor = new Extractor() {
            @Override
            public boolean wants(String metric) {
                return metric.startsWith("my_");
            }

            @Override
            public void extract(String metric, String labels, double value, Attributes out) {
                out.set(0, metric + labels, value);
                out.set(0, "x".repeat(PageExtractor.LONGEST_NAME + 1), 1);
            }
        };
        for (Optional<LoadedPlugin> whose : List.of(Optional.of(plugin), Optional.<LoadedPlugin>empty())) {
            PageExtractor pages = guard.extractor("type", "name", extractor, whose);
            assertThat(pages.wants(List.of("my_a", "other"))).containsExactly(true, false);
            List<Sample> samples = new ArrayList<>(
                    List.of(new Sample("my_a", "", 1), new Sample("my_b", "", 2), new Sample("my_b", "", Double.NaN)));
            assertThat(pages.extract(ENDPOINT, samples)).containsExactly(Map.entry("my_a", 1.0));
            for (int i = 0; i < 200; i++) {
                samples.add(new Sample("my_" + i, "", i));
            }
            assertThat(pages.extract(ENDPOINT, samples)).hasSize(PageExtractor.MOST_ATTRIBUTES);
            assertThat(((Watched) pages).report().point()).isEqualTo("extractor");
        }
    }

    private void hang() {
        while (over.getCount() > 0) {
            LockSupport.parkNanos(1_000_000);
            Thread.interrupted();
        }
    }

    private static <T> T next(BlockingQueue<T> queue) throws InterruptedException {
        T found = queue.poll(10, TimeUnit.SECONDS);
        if (found == null) {
            throw new AssertionError("nothing came within 10 s");
        }
        return found;
    }

    private static <T> T nothing(Class<T> type) {
        return type.cast(Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type}, (self, method, args) -> {
            throw new UnsupportedOperationException(method.getName());
        }));
    }
}
