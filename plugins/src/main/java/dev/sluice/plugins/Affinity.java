package dev.sluice.plugins;

import dev.sluice.spi.Candidates;
import dev.sluice.spi.Choice;
import dev.sluice.spi.Endpoint;
import dev.sluice.spi.Request;
import dev.sluice.spi.ResponseHeaders;
import java.util.Optional;

/** What ties a session to an endpoint; shared by the filter and the scorer of that name. */
sealed interface Affinity permits EndpointTokens, BoundSessions {
    static Affinity of(SessionAffinityConfig config) {
        return config.byToken() ? new EndpointTokens(config) : new BoundSessions(config);
    }

    /** Index of the candidate that the request's session is tied to; -1 when it has none, or none that is here. */
    int tied(Request request, Candidates candidates);

    /** A request of the session was sent. */
    void chosen(Request request, Candidates candidates, Choice choice);

    /** What the client is told of it. */
    void answer(Choice choice, ResponseHeaders out);

    /** True when {@link #tied} depends on what was chosen before. */
    boolean remembers();

    /** The pick that counts. */
    static Optional<Endpoint> picked(Choice choice, String profile) {
        return profile.isEmpty() ? Optional.of(choice.endpoint()) : choice.picked(profile);
    }
}
