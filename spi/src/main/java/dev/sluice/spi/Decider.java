package dev.sluice.spi;

/** Decides whether a request is split into a prefill and a decode leg. */
public non-sealed interface Decider extends Part {
    /**
     * True to disaggregate.
     *
     * @param decode the candidates for decode
     * @param chosen index of the decode candidate that was picked
     */
    boolean disaggregate(Request request, Candidates decode, int chosen);

    /** True when it chooses both places together, by {@link #split}, instead of judging a decode candidate already chosen. */
    default boolean pairs() {
        return false;
    }

    /**
     * Chooses both places together. Asked only when {@link #pairs} says so. Where no prefill candidates are left, {@link Split#splitMs} of
     * what it answers may say what an idle one would cost: less than {@link Split#wholeMs} counts as one that is missed, and wakes what sleeps.
     *
     * @param pairs what the profiles' filters left
     */
    default Split split(Request request, Pairs pairs) {
        throw new UnsupportedOperationException("does not choose pairs");
    }
}
