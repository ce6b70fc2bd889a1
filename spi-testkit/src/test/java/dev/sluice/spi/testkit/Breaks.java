package dev.sluice.spi.testkit;

import dev.sluice.spi.Candidates;
import dev.sluice.spi.Default;
import dev.sluice.spi.Factory;
import dev.sluice.spi.Filter;
import dev.sluice.spi.NoConfig;
import dev.sluice.spi.Picker;
import dev.sluice.spi.Producer;
import dev.sluice.spi.Range;
import dev.sluice.spi.Request;
import dev.sluice.spi.Scorer;
import dev.sluice.spi.Signal;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;

/** Contracts that must fail, each with one break. Run by {@link PlantedBreaksTest} only: their names end otherwise. */
final class Breaks {
    private Breaks() {}

    abstract static class Broken extends ScorerContract<NoConfig> {
        private final Supplier<Scorer> scorer;

        Broken(Supplier<Scorer> scorer) {
            this.scorer = scorer;
        }

        @Override
        protected Factory<NoConfig> factory() {
            return Factory.of("sample-scorer", NoConfig.class, (config, context) -> scorer.get());
        }

        @Override
        protected NoConfig validConfig() {
            return new NoConfig();
        }
    }

    private static void half(double[] scores) {
        Arrays.fill(scores, 0.5);
    }

    static class OutOfBounds extends Broken {
        OutOfBounds() {
            super(() -> (request, candidates, scores) -> Arrays.fill(scores, 1.0001));
        }
    }

    static class NeedsSomebody extends Broken {
        NeedsSomebody() {
            super(() -> (request, candidates, scores) -> scores[0] = 1);
        }
    }

    static class NeedsNumbers extends Broken {
        NeedsNumbers() {
            super(() -> (request, candidates, scores) -> {
                for (int i = 0; i < scores.length; i++) {
                    double waiting = candidates.signal(i, Signal.WAITING);
                    if (Double.isNaN(waiting)) {
                        throw new IllegalStateException("how many?");
                    }
                    scores[i] = 1 / (1 + waiting);
                }
            });
        }

        @Override
        protected TestCandidates candidates(int count, long seed) {
            return TestCandidates.of(count).with(Signal.WAITING, new double[count]);
        }
    }

    static class Moody extends Broken {
        Moody() {
            super(() -> new Scorer() {
                private final AtomicInteger calls = new AtomicInteger();

                @Override
                public void score(Request request, Candidates candidates, double[] scores) {
                    Arrays.fill(scores, 1.0 / calls.incrementAndGet());
                }
            });
        }
    }

    static class Shares extends Broken {
        Shares() {
            super(() -> new Scorer() {
                private double[] buffer = {};

                @Override
                public void score(Request request, Candidates candidates, double[] scores) {
                    buffer = new double[scores.length];
                    for (int i = 0; i < scores.length; i++) {
                        buffer[i % buffer.length] = 1 / (1 + candidates.signal(i, Signal.WAITING));
                    }
                    LockSupport.parkNanos(1);
                    System.arraycopy(buffer, 0, scores, 0, Math.min(buffer.length, scores.length));
                }
            });
        }
    }

    static class Keeps extends Broken {
        Keeps() {
            super(() -> new Scorer() {
                private volatile Candidates kept = TestCandidates.of(1);

                @Override
                public void score(Request request, Candidates candidates, double[] scores) {
                    Arrays.fill(scores, kept.size() >= 0 ? 0.5 : 1);
                    kept = candidates;
                }
            });
        }
    }

    static class Deaf extends Broken {
        Deaf() {
            super(() -> (request, candidates, scores) -> {
                long end = System.nanoTime() + 4_000_000_000L;
                while (Thread.currentThread().isInterrupted() && System.nanoTime() < end) {
                    Thread.onSpinWait();
                }
                half(scores);
            });
        }
    }

    static class Slow extends Broken {
        Slow() {
            super(() -> (request, candidates, scores) -> {
                if (scores.length == 1000) {
                    LockSupport.parkNanos(3_000_000);
                }
                half(scores);
            });
        }
    }

    static class Places extends Broken {
        Places() {
            super(() -> (request, candidates, scores) -> {
                for (int i = 0; i < scores.length; i++) {
                    scores[i] = 1.0 / (1 + i);
                }
            });
        }
    }

    static class EndlessTerms extends Broken {
        EndlessTerms() {
            super(() -> new Scorer() {
                @Override
                public void score(Request request, Candidates candidates, double[] scores) {
                    half(scores);
                }

                @Override
                public Map<String, Double> explain(Request request, Candidates candidates, int index) {
                    return Map.of("cost_ms", Double.POSITIVE_INFINITY);
                }
            });
        }
    }

    static class ClosesOnce extends Broken {
        ClosesOnce() {
            super(() -> new Scorer() {
                private boolean closed;

                @Override
                public void score(Request request, Candidates candidates, double[] scores) {
                    half(scores);
                }

                @Override
                public void close() {
                    if (closed) {
                        throw new IllegalStateException("closed already");
                    }
                    closed = true;
                }
            });
        }
    }

    static class Leaks extends Broken {
        private static final Object NEVER = new Object();

        Leaks() {
            super(() -> {
                Thread thread = new Thread(() -> LockSupport.parkNanos(NEVER, 5_000_000_000L), "leaks");
                thread.setDaemon(true);
                thread.start();
                return (request, candidates, scores) -> half(scores);
            });
        }
    }

    static class AcceptsAll extends Broken {
        AcceptsAll() {
            super(() -> (request, candidates, scores) -> half(scores));
        }

        @Override
        protected List<Supplier<NoConfig>> invalidConfigs() {
            return List.of(NoConfig::new);
        }
    }

    static class RefusesOddly extends AcceptsAll {
        @Override
        protected List<Supplier<NoConfig>> invalidConfigs() {
            return List.of(() -> {
                throw new NullPointerException();
            });
        }
    }

    static class BadType extends Broken {
        BadType() {
            super(() -> (request, candidates, scores) -> half(scores));
        }

        @Override
        protected Factory<NoConfig> factory() {
            return Factory.of("Sample Scorer", NoConfig.class, (config, context) -> (Scorer) (r, c, s) -> half(s));
        }
    }

    static class Unlisted extends Broken {
        Unlisted() {
            super(() -> (request, candidates, scores) -> half(scores));
        }

        @Override
        protected Factory<NoConfig> factory() {
            return Factory.of("unlisted", NoConfig.class, (config, context) -> (Scorer) (r, c, s) -> half(s));
        }
    }

    static class ShipsTheSpi extends Broken {
        ShipsTheSpi() {
            super(() -> (request, candidates, scores) -> half(scores));
        }

        @Override
        protected Path artifact() {
            try {
                Path root = Files.createTempDirectory("shaded");
                Path spi = Files.createDirectories(root.resolve("dev/sluice/spi"));
                Files.writeString(spi.resolve("Scorer.class"), "");
                return root;
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    record Growing(int size) {
        Growing {
            size = size + 1;
        }
    }

    static class GrowsWhenCopied extends ScorerContract<Growing> {
        @Override
        protected Factory<Growing> factory() {
            return Factory.of("sample-scorer", Growing.class, (config, context) -> (Scorer) (r, c, s) -> half(s));
        }

        @Override
        protected Growing validConfig() {
            return new Growing(1);
        }
    }

    record Excessive(
            @Default("11") @Range(min = 1, max = 10) int size, Thread helper) {}

    static class BadDefault extends ScorerContract<Excessive> {
        @Override
        protected Factory<Excessive> factory() {
            return Factory.of("sample-scorer", Excessive.class, (config, context) -> (Scorer) (r, c, s) -> half(s));
        }

        @Override
        protected Excessive validConfig() {
            return new Excessive(1, Thread.currentThread());
        }
    }

    static class WrongKind extends FilterContract<NoConfig> {
        @Override
        protected Factory<NoConfig> factory() {
            return Factory.of("sample-filter", NoConfig.class, (config, context) -> (Scorer) (r, c, s) -> half(s));
        }

        @Override
        protected NoConfig validConfig() {
            return new NoConfig();
        }
    }

    static class KeepsPlaces extends FilterContract<NoConfig> {
        @Override
        protected Factory<NoConfig> factory() {
            return Factory.of("sample-filter", NoConfig.class, (config, context) -> (Filter) (r, c, keep) -> {
                for (int i = 1; i < keep.length; i++) {
                    keep[i] = false;
                }
            });
        }

        @Override
        protected NoConfig validConfig() {
            return new NoConfig();
        }
    }

    abstract static class BrokenPicker extends PickerContract<NoConfig> {
        private final Picker picker;

        BrokenPicker(Picker picker) {
            this.picker = picker;
        }

        @Override
        protected Factory<NoConfig> factory() {
            return Factory.of("sample-picker", NoConfig.class, (config, context) -> picker);
        }

        @Override
        protected NoConfig validConfig() {
            return new NoConfig();
        }
    }

    static class PicksNobody extends BrokenPicker {
        PicksNobody() {
            super((request, candidates, totals, order, random) -> 0);
        }
    }

    static class PicksTwice extends BrokenPicker {
        PicksTwice() {
            super((request, candidates, totals, order, random) -> Math.min(2, order.length));
        }
    }

    static class ChangesTotals extends BrokenPicker {
        ChangesTotals() {
            super((request, candidates, totals, order, random) -> {
                Arrays.fill(totals, 0);
                return Math.min(1, order.length);
            });
        }
    }

    static class OwnDice extends BrokenPicker {
        private static final AtomicInteger DICE = new AtomicInteger();

        OwnDice() {
            super((request, candidates, totals, order, random) -> {
                if (order.length > 0) {
                    order[0] = DICE.incrementAndGet() % order.length;
                }
                return Math.min(1, order.length);
            });
        }
    }

    static class WritesBeyond extends ProducerContract<NoConfig> {
        @Override
        protected Factory<NoConfig> factory() {
            return Factory.of("sample-producer", NoConfig.class, (config, context) ->
                    (Producer) (request, candidates, out) -> out.set(candidates.size(), "x", 1));
        }

        @Override
        protected NoConfig validConfig() {
            return new NoConfig();
        }
    }
}
