package dev.sluice.core;

import dev.sluice.spi.Admission;
import dev.sluice.spi.Filter;
import dev.sluice.spi.Observer;
import dev.sluice.spi.Picker;
import dev.sluice.spi.Producer;
import dev.sluice.spi.ProfileHandler;
import dev.sluice.spi.Request;
import dev.sluice.spi.ResponseHeaderWriter;
import dev.sluice.spi.Scorer;
import dev.sluice.spi.SessionKey;
import dev.sluice.spi.SourcePicker;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A routing section, ready to run.
 *
 * @param name of the section
 * @param producers run once per decision, in order
 * @param admissions asked once per decision
 * @param handler says which profiles run
 * @param profiles at least one, in the order of the configuration
 * @param around what is asked and told beside decisions
 */
public record Policy(
        String name,
        List<Named<Producer>> producers,
        List<Named<Admission>> admissions,
        Named<ProfileHandler> handler,
        List<Profile> profiles,
        Around around) {
    /** Longer ones are no sessions: they are kept, and must not fill the memory. */
    private static final int LONGEST_SESSION = 256;

    /** Copies the lists. */
    public Policy {
        producers = List.copyOf(producers);
        admissions = List.copyOf(admissions);
        profiles = List.copyOf(profiles);
        if (profiles.isEmpty()) {
            throw new IllegalArgumentException("routing " + name + " has no profile");
        }
    }

    /** A policy with nothing around its decisions. */
    public Policy(
            String name,
            List<Named<Producer>> producers,
            List<Named<Admission>> admissions,
            Named<ProfileHandler> handler,
            List<Profile> profiles) {
        this(name, producers, admissions, handler, profiles, Around.NOTHING);
    }

    /**
     * Parts that are asked or told before and after a decision.
     *
     * @param sessionKeys asked in order when the gateway found no session
     * @param observers told of every charge
     * @param headerWriters asked when an answer begins
     * @param sources says from whom a cached beginning is fetched; empty for whoever saves most
     */
    public record Around(
            List<Named<SessionKey>> sessionKeys,
            List<Named<Observer>> observers,
            List<Named<ResponseHeaderWriter>> headerWriters,
            Optional<Named<SourcePicker>> sources) {
        /** No such part. */
        public static final Around NOTHING = new Around(List.of(), List.of(), List.of());

        /** Parts without a say in who is fetched from. */
        public Around(
                List<Named<SessionKey>> sessionKeys,
                List<Named<Observer>> observers,
                List<Named<ResponseHeaderWriter>> headerWriters) {
            this(sessionKeys, observers, headerWriters, Optional.empty());
        }

        /** Copies the lists. */
        public Around {
            sessionKeys = List.copyOf(sessionKeys);
            observers = List.copyOf(observers);
            headerWriters = List.copyOf(headerWriters);
        }
    }

    List<Named<Observer>> observers() {
        return around.observers();
    }

    List<Named<ResponseHeaderWriter>> headerWriters() {
        return around.headerWriters();
    }

    /** The session that the policy's own keys find in a request; empty when none does. */
    public Optional<String> session(Request request, Faults faults) {
        for (Named<SessionKey> key : around.sessionKeys()) {
            List<String> found = new ArrayList<>(1);
            Calls.run(
                    faults,
                    "session-key",
                    key.name(),
                    () -> key.part()
                            .key(request)
                            .filter(session -> !session.isEmpty() && session.length() <= LONGEST_SESSION)
                            .ifPresent(found::add));
            if (!found.isEmpty()) {
                return Optional.of(found.getFirst());
            }
        }
        return Optional.empty();
    }

    /**
     * An instance and what the configuration calls it.
     *
     * @param type its plugin type
     * @param name its name; the type where none was given
     */
    public record Named<P>(String type, String name, P part) {}

    /** A scorer and its weight. */
    public record Weighted(Named<Scorer> scorer, double weight) {}

    /**
     * An ordered set of filters, scorers and a picker.
     *
     * @param name of the profile
     */
    public record Profile(String name, List<Named<Filter>> filters, List<Weighted> scorers, Named<Picker> picker) {
        /** Copies the lists. */
        public Profile {
            filters = List.copyOf(filters);
            scorers = List.copyOf(scorers);
        }
    }

    Profile profile(String profile) {
        for (Profile p : profiles) {
            if (p.name().equals(profile)) {
                return p;
            }
        }
        throw new IllegalStateException("routing " + name + " has no profile " + profile);
    }
}
