package dev.sluice.spi;

import java.util.Map;

/** Rates candidates. */
public non-sealed interface Scorer extends Part {
    /**
     * Writes one score per candidate: 0 (worst) to 1 (best). NaN abstains: a candidate that some scorer does not know
     * counts as the mean of what that scorer knows; a scorer that knows none is left out. Values outside 0..1 are
     * clamped and counted.
     *
     * @param scores as long as {@code candidates.size()}, all NaN at the start
     */
    void score(Request request, Candidates candidates, double[] scores);

    /**
     * What the score of one candidate is made of, for an explanation that an operator reads. Never called while a
     * request waits, so it may allocate; must come from the same arithmetic as {@link #score}.
     *
     * @param index 0 to {@code candidates.size() - 1}
     * @return numbers by name, unit in the name (such as {@code prefill_ms}), in the order to show them; empty when
     *     there is nothing to tell beyond the score
     */
    default Map<String, Double> explain(Request request, Candidates candidates, int index) {
        return Map.of();
    }
}
