package dev.sluice.spi;

/** Removes candidates that must not or should not serve a request. */
public non-sealed interface Filter extends Part {
    /**
     * Decides which candidates stay.
     *
     * @param keep one flag per candidate, all true at the start; set to false to remove
     */
    void filter(Request request, Candidates candidates, boolean[] keep);
}
