package dev.sluice.spi;

import java.util.random.RandomGenerator;

/** Chooses from scored candidates. */
public non-sealed interface Picker extends Part {
    /**
     * Writes candidates in order of preference.
     *
     * @param totals weighted sum of the scores per candidate, finite
     * @param order where to write candidate indices, best first; as long as {@code candidates.size()}
     * @param random the only source of randomness a picker may use, so that a decision can be repeated
     * @return how many were written, at least 1 when there is a candidate
     */
    int pick(Request request, Candidates candidates, double[] totals, int[] order, RandomGenerator random);
}
