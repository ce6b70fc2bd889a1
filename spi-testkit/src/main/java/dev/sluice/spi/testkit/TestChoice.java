package dev.sluice.spi.testkit;

import dev.sluice.spi.Choice;
import dev.sluice.spi.Endpoint;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * A choice.
 *
 * @param picks by profile
 */
public record TestChoice(int attempt, Endpoint endpoint, Map<String, Endpoint> picks, long at, int cachedTokens)
        implements Choice {
    /** Copies the picks. */
    public TestChoice {
        picks = Map.copyOf(picks);
    }

    /** The first attempt at a request, at time 0, picked by profile {@code default}. */
    public static TestChoice of(Endpoint endpoint) {
        return new TestChoice(1, endpoint, Map.of("default", endpoint), 0, 0);
    }

    /** The same, and another profile picked that endpoint. */
    public TestChoice and(String profile, Endpoint other) {
        Map<String, Endpoint> more = new TreeMap<>(picks);
        more.put(profile, other);
        return new TestChoice(attempt, endpoint, more, at, cachedTokens);
    }

    /** The same at another time, ns. */
    public TestChoice at(long nanos) {
        return new TestChoice(attempt, endpoint, picks, nanos, cachedTokens);
    }

    @Override
    public Optional<Endpoint> picked(String profile) {
        return Optional.ofNullable(picks.get(profile));
    }
}
