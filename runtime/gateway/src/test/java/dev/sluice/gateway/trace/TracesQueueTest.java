package dev.sluice.gateway.trace;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.core.Usage;
import dev.sluice.gateway.config.TracesConfig;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Which requests are told of, and what becomes of them when the collector does not keep up. */
@Timeout(60)
class TracesQueueTest {
    private static final Optional<String> SAMPLED =
            Optional.of("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
    private static final Optional<String> UNSAMPLED = SAMPLED.map(header -> header.replace("-01", "-00"));

    private final List<Ended> sent = new CopyOnWriteArrayList<>();
    private final Traces.Counts counts = new Traces.Counts();

    /** A collector that takes nothing before it is let go. */
    private final class Collector implements Export {
        private final CountDownLatch go;
        private final boolean takes;

        Collector(CountDownLatch go, boolean takes) {
            this.go = go;
            this.takes = takes;
        }

        @Override
        public boolean send(List<Ended> batch) {
            try {
                go.await();
            } catch (InterruptedException stopped) {
                throw new IllegalStateException(stopped);
            }
            if (takes) {
                sent.addAll(batch);
            }
            return takes;
        }

        @Override
        public void close() {}
    }

    private static TracesConfig config(double sample, String slow, boolean parentBased) {
        return new TracesConfig(
                "http://127.0.0.1:1/v1/traces", sample, Duration.parse(slow), parentBased, Optional.empty(), "sluice");
    }

    private Traces traces(double sample, boolean parentBased) {
        return new Traces(config(sample, "PT5S", parentBased), counts, new Collector(new CountDownLatch(0), true));
    }

    private static Trace.Summary summary(String error) {
        return new Trace.Summary(
                "slc-1", "/v1/chat/completions", "acme", "chat", "base", 200, "ok", error, 1, 0, 0, Usage.UNKNOWN);
    }

    private static void run(Traces traces, long started, Optional<String> client, String error) {
        traces.begin(started, client).ended(summary(error));
    }

    @Test
    void aShareOfAllAndWhatFailedOrWasSlow() {
        long now = System.nanoTime();
        try (Traces traces = traces(0.1, true)) {
            for (int i = 0; i < 10_000; i++) {
                run(traces, System.nanoTime(), Optional.empty(), "");
            }
        }
        assertThat(sent.size()).as("of 10,000").isBetween(850, 1150);
        sent.clear();
        try (Traces none = traces(0, true)) {
            run(none, System.nanoTime(), Optional.empty(), "");
            run(none, System.nanoTime(), Optional.empty(), "upstream_cut");
            run(none, now - 6_000_000_000L, Optional.empty(), "");
        }
        assertThat(sent).hasSize(2);
        assertThat(sent).noneMatch(one -> one.trace().kept());
        assertThat(counts.dropped()).hasValue(0);
    }

    @Test
    void aClientsDecisionCountsWhereItMay() {
        try (Traces none = traces(0, true)) {
            run(none, System.nanoTime(), SAMPLED, "");
        }
        assertThat(sent).hasSize(1);
        try (Traces all = traces(1, true)) {
            run(all, System.nanoTime(), UNSAMPLED, "");
        }
        assertThat(sent).hasSize(1);
        try (Traces none = traces(0, false)) {
            run(none, System.nanoTime(), SAMPLED, "");
        }
        assertThat(sent).hasSize(1);
        try (Traces all = traces(1, false)) {
            run(all, System.nanoTime(), UNSAMPLED, "");
        }
        assertThat(sent).hasSize(2);
    }

    @Test
    void aCollectorThatTakesNothingCostsTracesAndNoTime() {
        CountDownLatch go = new CountDownLatch(1);
        int all = 20_000;
        try (Traces traces = new Traces(config(1, "PT5S", true), counts, new Collector(go, true))) {
            long began = System.nanoTime();
            for (int i = 0; i < all; i++) {
                run(traces, System.nanoTime(), Optional.empty(), "");
            }
            assertThat(System.nanoTime() - began)
                    .as("ns, with a collector that hangs")
                    .isLessThan(5_000_000_000L);
            assertThat(counts.dropped().get()).isBetween(all - 6_000L, all - 4_000L);
            go.countDown();
        }
        assertThat(counts.sent().get() + counts.dropped().get()).isEqualTo(all);
        assertThat(sent).hasSize((int) counts.sent().get());
    }

    @Test
    void whatACollectorRefusesIsCounted() {
        try (Traces traces = new Traces(config(1, "PT5S", true), counts, new Collector(new CountDownLatch(0), false))) {
            run(traces, System.nanoTime(), Optional.empty(), "");
        }
        assertThat(counts.failed()).hasValue(1);
        assertThat(counts.sent()).hasValue(0);
    }

    @Test
    void whatComesAfterTheEndIsLostAndCounted() {
        Traces traces = traces(1, true);
        traces.close();
        run(traces, System.nanoTime(), Optional.empty(), "");
        assertThat(counts.dropped()).hasValue(1);
    }
}
