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
}
