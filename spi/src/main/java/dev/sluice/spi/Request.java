package dev.sluice.spi;

import java.util.Optional;

/** What is known of a request when it is placed. */
public interface Request {
    /** The gateway's own id of the exchange. */
    String id();

    /** Whose request it is; {@code anonymous} without tenants. */
    String tenant();

    /** The model or adapter that the client named. */
    String model();

    /** Path that was called, such as {@code /v1/chat/completions}. */
    String path();

    /** A header, by its lower-case name; the first when there are several. */
    Optional<String> header(String name);

    /** The session's key, as the configuration defines sessions. */
    Optional<String> session();

    /** Higher goes first; 0 is normal. */
    int priority();

    /** Prompt tokens: exact when the request carries token ids, else estimated. */
    int promptTokens();

    /** Largest number of output tokens the client allows; 0 when it set no limit. */
    int maxTokens();

    /** True when the client asked for a stream. */
    boolean streaming();

    /** True when the prompt may be computed on another engine than the one that generates. */
    default boolean splittable() {
        return false;
    }

    /** Time to first token that is wanted, ms; NaN when none is. */
    default double ttftObjectiveMs() {
        return Double.NaN;
    }

    /** Time per output token that is wanted, ms; NaN when none is. */
    default double tpotObjectiveMs() {
        return Double.NaN;
    }

    /** The prompt as text: made on demand and expensive for long prompts. */
    String promptText();
}
