package dev.sluice.spi.testkit;

import dev.sluice.spi.Answer;
import dev.sluice.spi.Candidates;
import dev.sluice.spi.Connector;
import dev.sluice.spi.Default;
import dev.sluice.spi.Edit;
import dev.sluice.spi.Factory;
import dev.sluice.spi.Filter;
import dev.sluice.spi.Handover;
import dev.sluice.spi.Leg;
import dev.sluice.spi.NoConfig;
import dev.sluice.spi.Part;
import dev.sluice.spi.Picker;
import dev.sluice.spi.Producer;
import dev.sluice.spi.Range;
import dev.sluice.spi.Request;
import dev.sluice.spi.Scorer;
import dev.sluice.spi.Signal;
import dev.sluice.spi.SourcePicker;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;

/** Contracts that must fail, each with one break. Run by {@link PlantedBreaksTest} only: their names end otherwise. */
final class Breaks {
    private Breaks() {}

    /** A type of the sample plugin that makes these instead. */
    private static Factory<NoConfig> makes(String type, Supplier<? extends Part> part) {
        return Factory.of(type, NoConfig.class, (config, context) -> part.get());
    }

    abstract static class Broken extends ScorerContract<NoConfig> {
        private final Supplier<Scorer> scorer;

        Broken(Supplier<Scorer> scorer) {
            this.scorer = scorer;
        }

        @Override
        protected Factory<NoConfig> factory() {
            return makes("sample-scorer", scorer);
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
            return makes("Sample Scorer", () -> (Scorer) (r, c, s) -> half(s));
        }
    }

    static class Unlisted extends Broken {
        Unlisted() {
            super(() -> (request, candidates, scores) -> half(scores));
        }

        @Override
        protected Factory<NoConfig> factory() {
            return makes("unlisted", () -> (Scorer) (r, c, s) -> half(s));
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

    abstract static class BrokenFilter extends FilterContract<NoConfig> {
        private final Supplier<Part> part;

        BrokenFilter(Supplier<Part> part) {
            this.part = part;
        }

        @Override
        protected Factory<NoConfig> factory() {
            return makes("sample-filter", part);
        }

        @Override
        protected NoConfig validConfig() {
            return new NoConfig();
        }
    }

    static class WrongKind extends BrokenFilter {
        WrongKind() {
            super(() -> (Scorer) (r, c, s) -> half(s));
        }
    }

    static class KeepsPlaces extends BrokenFilter {
        KeepsPlaces() {
            super(() -> (Filter) (r, c, keep) -> {
                for (int i = 1; i < keep.length; i++) {
                    keep[i] = false;
                }
            });
        }
    }

    abstract static class BrokenPicker extends PickerContract<NoConfig> {
        private final Picker picker;

        BrokenPicker(Picker picker) {
            this.picker = picker;
        }

        @Override
        protected Factory<NoConfig> factory() {
            return makes("sample-picker", () -> picker);
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
            return makes("sample-producer", () ->
                    (Producer) (request, candidates, out) -> out.set(candidates.size(), "x", 1));
        }

        @Override
        protected NoConfig validConfig() {
            return new NoConfig();
        }
    }

    abstract static class BrokenSource extends SourcePickerContract<NoConfig> {
        private final Supplier<SourcePicker> picker;

        BrokenSource(Supplier<SourcePicker> picker) {
            this.picker = picker;
        }

        @Override
        protected Factory<NoConfig> factory() {
            return makes("sample-source", picker);
        }

        @Override
        protected NoConfig validConfig() {
            return new NoConfig();
        }
    }

    static class NamesNobodyThere extends BrokenSource {
        NamesNobodyThere() {
            super(() -> (request, sources, computing, held) -> sources.size());
        }
    }

    static class TakesTurns extends BrokenSource {
        TakesTurns() {
            super(() -> {
                AtomicInteger turn = new AtomicInteger();
                return (request, sources, computing, held) -> turn.getAndIncrement() % sources.size();
            });
        }
    }

    abstract static class BrokenConnector extends ConnectorContract<NoConfig> {
        private final Supplier<Connector> connector;

        BrokenConnector(Supplier<Connector> connector) {
            this.connector = connector;
        }

        @Override
        protected Factory<NoConfig> factory() {
            return makes("sample-connector", connector);
        }

        @Override
        protected NoConfig validConfig() {
            return new NoConfig();
        }

        @Override
        protected TestAnswer prefillAnswer() {
            return SampleConnectorTest.ANSWER;
        }

        @Override
        protected List<String> needed() {
            return List.of("ticket", "port");
        }
    }

    private static Optional<Leg> handed(Handover handover, Optional<Answer> prefill) {
        return prefill.flatMap(answer -> answer.json(ConnectorContract.PARAMS))
                .map(params -> Leg.of(handover.transferParams(params)));
    }

    static class HandsOverHalf extends BrokenConnector {
        HandsOverHalf() {
            super(() -> new SamplePlugin.ByTicket() {
                @Override
                public Optional<Leg> decode(Handover handover, Optional<Answer> prefill) {
                    return handed(handover, prefill);
                }
            });
        }
    }

    static class HandsOverTheLast extends BrokenConnector {
        HandsOverTheLast() {
            super(() -> new SamplePlugin.ByTicket() {
                private Optional<Leg> last = Optional.empty();

                @Override
                public Optional<Leg> decode(Handover handover, Optional<Answer> prefill) {
                    last = super.decode(handover, prefill).or(() -> last);
                    return last;
                }
            });
        }
    }

    static class LosesFields extends BrokenConnector {
        LosesFields() {
            super(() -> new SamplePlugin.ByTicket() {
                @Override
                public Optional<Leg> decode(Handover handover, Optional<Answer> prefill) {
                    return super.decode(handover, prefill).map(leg -> {
                        List<Edit> edits = new ArrayList<>(leg.edits());
                        edits.add(Edit.remove("stream_options"));
                        return Leg.of(edits);
                    });
                }
            });
        }
    }

    static class ChangesThePrompt extends BrokenConnector {
        ChangesThePrompt() {
            super(() -> new SamplePlugin.ByTicket() {
                @Override
                public Leg prefill(Handover handover) {
                    List<Edit> edits = new ArrayList<>(handover.oneToken());
                    edits.add(Edit.set("cache_salt", "\"mine\""));
                    return Leg.of(edits);
                }
            });
        }
    }

    static class ExpectsAnswers extends BrokenConnector {
        ExpectsAnswers() {
            super(() -> new SamplePlugin.ByTicket() {
                @Override
                public Optional<String> remember(Answer prefill) {
                    String ticket =
                            prefill.text(ConnectorContract.PARAMS, "ticket").orElseThrow();
                    return Optional.of("{\"ticket\":" + Edit.quote(ticket) + "}");
                }
            });
        }
    }

    static class WritesNoJson extends BrokenConnector {
        WritesNoJson() {
            super(() -> new SamplePlugin.ByTicket() {
                @Override
                public Leg prefill(Handover handover) {
                    return Leg.of(handover.transferParams("{id: " + handover.id() + "}"));
                }
            });
        }
    }

    /** Both legs at once, in a room that is always the same. */
    static class OneRoomForAll extends BrokenConnector {
        OneRoomForAll() {
            super(() -> new SamplePlugin.ByTicket() {
                @Override
                public Optional<Order> order(Handover handover) {
                    return Optional.of(Order.PARALLEL);
                }

                @Override
                public Leg prefill(Handover handover) {
                    return Leg.of(handover.transferParams("{\"room\":1}"));
                }

                @Override
                public Optional<Leg> decode(Handover handover, Optional<Answer> prefill) {
                    return Optional.of(Leg.of(handover.transferParams("{\"room\":1}")));
                }
            });
        }

        @Override
        protected List<String> needed() {
            return List.of();
        }
    }
}
