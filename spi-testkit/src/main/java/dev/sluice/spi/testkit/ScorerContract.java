package dev.sluice.spi.testkit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.spi.Request;
import dev.sluice.spi.Scorer;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/**
 * The contract of a {@link Scorer}. Extend it with a factory and a configuration.
 *
 * @param <C> the type's configuration
 */
public abstract class ScorerContract<C extends Record> extends PartContract<C, Scorer> {
    /** For sub-classes. */
    protected ScorerContract() {
        super(Scorer.class);
    }

    @Override
    final List<?> ask(Scorer part, Request request, TestCandidates candidates) {
        double[] scores = new double[candidates.size()];
        Arrays.fill(scores, Double.NaN);
        part.score(request, candidates, scores);
        for (int i = 0; i < scores.length; i++) {
            double score = scores[i];
            int index = i;
            assertTrue(
                    Double.isNaN(score) || (score >= 0 && score <= 1),
                    () -> "score of candidate " + index + " is " + score + ": must be 0 to 1, or NaN to abstain");
        }
        return Arrays.stream(scores).boxed().toList();
    }

    /** The scores that it gives. */
    protected final List<Double> scores(Request request, TestCandidates candidates) {
        Scorer part = part();
        try {
            return ask(part, request, candidates).stream()
                    .map(score -> (Double) score)
                    .toList();
        } finally {
            part.close();
        }
    }

    @Test
    final void endpointsAreRatedAndNotTheirPlaces() {
        Scorer part = part();
        for (long seed = 0; seed < 20 && !answersMayChange(); seed++) {
            TestCandidates candidates = candidates(7, seed);
            List<?> there = ask(part, TestRequest.PLAIN, candidates);
            List<?> back = ask(part, TestRequest.PLAIN, candidates.reversed());
            assertEquals(there, back.reversed(), "in another order the same endpoints get other scores");
        }
        part.close();
    }

    @Test
    final void explanationsAreFiniteAndChangeNothing() {
        Scorer part = part();
        TestCandidates candidates = candidates(5, 1);
        List<?> before = ask(part, TestRequest.PLAIN, candidates);
        for (int i = 0; i < 5; i++) {
            Map<String, Double> terms = part.explain(TestRequest.PLAIN, candidates, i);
            terms.forEach((term, value) -> assertTrue(
                    !term.isBlank() && value != null && !value.isInfinite(), () -> "term " + term + " is " + value));
        }
        if (!answersMayChange()) {
            assertEquals(before, ask(part, TestRequest.PLAIN, candidates), "explaining has changed the scores");
        }
        part.close();
    }
}
