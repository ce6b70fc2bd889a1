package dev.sluice.spi;

import java.util.List;
import java.util.Optional;

/** One attempt to compute a prompt on one engine and to generate on another, as a {@link Connector} sees it. */
public interface Handover {
    /**
     * Names the attempt: what both engines are sent as {@code x-request-id}. Never used for two attempts. Letters, digits,
     * {@code -} and {@code .}.
     */
    String id();

    /** Path that was called, such as {@code /v1/chat/completions}. */
    String path();

    /** Computes the prompt. */
    Endpoint prefill();

    /** Generates. */
    Endpoint decode();

    /**
     * Holds a beginning of the prompt that the engine which computes it lacks, and can be pulled from; empty when there is
     * none. Never that engine itself.
     */
    Optional<Endpoint> source();

    /** Whether the body has a top-level member of that name. */
    boolean has(String name);

    /** True when the client asked for a stream. */
    boolean streaming();

    /** How many answers the client asked for ({@code n}), at least 1. */
    int choices();

    /**
     * Makes a request of this path into one that computes the prompt, generates a single token and does not stream: limits
     * set to 1, {@code stream} off, what contradicts them taken out.
     */
    List<Edit> oneToken();

    /**
     * The edits that give an engine these transfer parameters, at each place where an engine reads them for this path.
     *
     * @param json an object
     */
    List<Edit> transferParams(String json);

    /**
     * What is remembered of the prefill engine: the answer to {@link Connector#query}, or what {@link Connector#remember} kept
     * of an earlier one of its answers; empty when nothing is.
     */
    Optional<Answer> known();

    /** A number from 0 up that nobody can guess, of this attempt. */
    long random();
}
