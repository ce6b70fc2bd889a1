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

    /** Name of the profile whose pick serves the client, out of those that ran. */
    String primary(Request request, List<String> done);
}
