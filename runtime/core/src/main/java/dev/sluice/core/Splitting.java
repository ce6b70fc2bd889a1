package dev.sluice.core;

import java.util.Set;

/**
 * What a decision has to know about computing a prompt elsewhere than where its answer is generated.
 *
 * @param excluded ids of endpoints that must not compute this prompt for another: they failed to, or are not ready to
 * @param pulls engines can fetch a cached beginning of the prompt from one another
 */
public record Splitting(Set<String> excluded, boolean pulls) {
    /** Nothing is excluded, nothing is pulled. */
    public static final Splitting PLAIN = new Splitting(Set.of(), false);

    /** Copies the set. */
    public Splitting {
        excluded = Set.copyOf(excluded);
    }
}
