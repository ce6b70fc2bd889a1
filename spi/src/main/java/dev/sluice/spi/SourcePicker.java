package dev.sluice.spi;

/**
 * Says from whom the engine that computes a prompt fetches a cached beginning of it, in a pool whose connector can have it
 * fetched ({@link Connector#pull}). Asked once per decision, when it is known who computes. Without one the gateway names
 * whoever is predicted to save most time, and nobody when computing is sooner.
 */
public non-sealed interface SourcePicker extends Part {
    /**
     * The source.
     *
     * @param sources who holds more of the prompt than {@code computing} does and can be reached from there; at least one;
     *     {@link Signal#CACHED_TOKENS} is how much
     * @param computing who computes the prompt; never one of the sources
     * @param held prompt tokens that it is predicted to hold itself, at least 0
     * @return index of a source; negative for none: the prompt is computed
     */
    int source(Request request, Candidates sources, Endpoint computing, double held);
}
