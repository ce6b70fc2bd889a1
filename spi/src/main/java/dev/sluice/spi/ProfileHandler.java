package dev.sluice.spi;

import java.util.List;
import java.util.Optional;

/** Decides which profiles run for a request, and which of their picks is the one that serves. */
public non-sealed interface ProfileHandler extends Part {
    /**
     * The next profile to run.
     *
     * @param profiles names of all profiles, in the order of the configuration
     * @param done names of those that ran already, in order
     * @return empty when no further profile is to run
     */
    Optional<String> next(Request request, List<String> profiles, List<String> done);

    /** The next profile to run, for handlers that look at what the earlier ones picked. This is what is called. */
    default Optional<String> next(Request request, Stages stages) {
        return next(request, stages.profiles(), stages.done());
    }

    /** Name of the profile whose pick serves the client, out of those that ran. */
    String primary(Request request, List<String> done);

    /** Name of the profile whose pick computes the prompt, out of those that ran; empty when the primary's does. */
    default Optional<String> prefill(Request request, List<String> done) {
        return Optional.empty();
    }

    /**
     * The last word, when a primary and a prefill profile ran: where both legs go, chosen together. Empty to leave it at what
     * the profiles picked.
     */
    default Optional<Split> split(Request request, Pairs pairs) {
        return Optional.empty();
    }
}
