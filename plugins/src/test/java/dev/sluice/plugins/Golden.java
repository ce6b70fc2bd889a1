package dev.sluice.plugins;

import dev.sluice.spi.Admission;
import dev.sluice.spi.Factory;
import dev.sluice.spi.Filter;
import dev.sluice.spi.Request;
import dev.sluice.spi.Scorer;
import dev.sluice.spi.testkit.TestCandidates;
import dev.sluice.spi.testkit.TestContext;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/** Asks parts the way a decision does. */
final class Golden {
    static final double UNKNOWN = Double.NaN;

    private Golden() {}

    static double[] scores(Scorer scorer, Request request, TestCandidates candidates) {
        double[] scores = new double[candidates.size()];
        Arrays.fill(scores, Double.NaN);
        scorer.score(request, candidates, scores);
        return scores;
    }

    /** Indices that a filter keeps. */
    static int[] kept(Filter filter, Request request, TestCandidates candidates) {
        boolean[] keep = new boolean[candidates.size()];
        Arrays.fill(keep, true);
        filter.filter(request, candidates, keep);
        return IntStream.range(0, keep.length).filter(i -> keep[i]).toArray();
    }

    /** Share of seeds 0 to 9,999 for which a request is refused. */
    static double refused(Admission admission, Request request, TestCandidates candidates) {
        return IntStream.range(0, 10_000)
                        .filter(seed -> admission
                                .refuse(request, candidates.withSeed(seed))
                                .isPresent())
                        .count()
                / 10_000.0;
    }

    @SafeVarargs
    static TestCandidates labelled(Map<String, String>... labels) {
        return TestCandidates.of(IntStream.range(0, labels.length)
                .mapToObj(i -> TestCandidates.endpoint("e" + i, labels[i]))
                .toList());
    }

    static TestContext context(String name) {
        return new TestContext(name);
    }

    /** The factory of a built-in type. */
    @SuppressWarnings("unchecked")
    static <C extends Record> Factory<C> factory(String type, Class<C> config) {
        Factory<?> found = new BuiltInPlugin()
                .factories().stream()
                        .filter(factory -> factory.type().equals(type))
                        .findFirst()
                        .orElseThrow();
        if (found.config() != config) {
            throw new AssertionError(type + " is configured by " + found.config());
        }
        return (Factory<C>) found;
    }

    static List<String> types() {
        return new BuiltInPlugin().factories().stream().map(Factory::type).toList();
    }
}
