package dev.sluice.spi;

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
}
