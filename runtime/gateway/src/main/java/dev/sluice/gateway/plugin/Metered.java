package dev.sluice.gateway.plugin;

import dev.sluice.gateway.plugin.CallStats.Outcome;
import dev.sluice.spi.Candidates;
import dev.sluice.spi.Filter;
import dev.sluice.spi.Picker;
import dev.sluice.spi.Request;
import dev.sluice.spi.Scorer;
import java.util.Map;
import java.util.random.RandomGenerator;

/**
 * The gateway's own parts: called on the request's thread, counted, and every sixteenth call timed, so that the watching
 * costs less than can be measured. What they throw is caught by core, which counts it.
 */
abstract class Metered implements Watched {
    private static final int EVERY = 16;

    private final String point;
    private final String name;
    private final CallStats stats;
    /** Not exact when threads meet, and need not be. */
    private int turn;

    Metered(String point, String name, CallStats stats) {
        this.point = point;
        this.name = name;
        this.stats = stats;
    }

    /** When the call began, or 0 when this one is not timed. */
    long begin() {
        return turn++ % EVERY == 0 ? System.nanoTime() : 0;
    }

    void end(long begun) {
        stats.count(Outcome.OK);
        if (begun != 0) {
            stats.time(System.nanoTime() - begun);
        }
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public PartReport report() {
        return new PartReport(point, stats.calls(), stats.millis(0.5), stats.millis(0.99), "none", "");
    }

    static final class OfScorer extends Metered implements Scorer {
        private final Scorer own;

        OfScorer(String name, CallStats stats, Scorer own) {
            super("scorer", name, stats);
            this.own = own;
        }

        @Override
        public void score(Request request, Candidates candidates, double[] scores) {
            long begun = begin();
            own.score(request, candidates, scores);
            end(begun);
        }

        @Override
        public Map<String, Double> explain(Request request, Candidates candidates, int index) {
            return own.explain(request, candidates, index);
        }

        @Override
        public boolean stateful() {
            return own.stateful();
        }

        @Override
        public void close() {}
    }

    static final class OfFilter extends Metered implements Filter {
        private final Filter own;

        OfFilter(String name, CallStats stats, Filter own) {
            super("filter", name, stats);
            this.own = own;
        }

        @Override
        public void filter(Request request, Candidates candidates, boolean[] keep) {
            long begun = begin();
            own.filter(request, candidates, keep);
            end(begun);
        }

        @Override
        public boolean stateful() {
            return own.stateful();
        }

        @Override
        public void close() {}
    }

    static final class OfPicker extends Metered implements Picker {
        private final Picker own;

        OfPicker(String name, CallStats stats, Picker own) {
            super("picker", name, stats);
            this.own = own;
        }

        @Override
        public int pick(Request request, Candidates candidates, double[] totals, int[] order, RandomGenerator random) {
            long begun = begin();
            int picked = own.pick(request, candidates, totals, order, random);
            end(begun);
            return picked;
        }

        @Override
        public boolean stateful() {
            return own.stateful();
        }

        @Override
        public void close() {}
    }
}
