package dev.sluice.spi;

/** Computes per-candidate values that filters and scorers of the same request read by {@link Candidates#attribute}. */
public non-sealed interface Producer extends Part {
    /** Writes values for the candidates of one request. */
    void produce(Request request, Candidates candidates, Attributes out);
}
