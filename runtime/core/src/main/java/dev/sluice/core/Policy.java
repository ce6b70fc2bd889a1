package dev.sluice.core;

import dev.sluice.spi.Admission;
import dev.sluice.spi.Filter;
import dev.sluice.spi.Picker;
import dev.sluice.spi.Producer;
import dev.sluice.spi.ProfileHandler;
import dev.sluice.spi.Scorer;
import java.util.List;

/**
 * A routing section, ready to run.
 *
 * @param name of the section
 * @param producers run once per decision, in order
 * @param admissions asked once per decision
 * @param handler says which profiles run
 * @param profiles at least one, in the order of the configuration
 */
public record Policy(
        String name,
        List<Named<Producer>> producers,
        List<Named<Admission>> admissions,
        Named<ProfileHandler> handler,
        List<Profile> profiles) {
    /** Copies the lists. */
    public Policy {
        producers = List.copyOf(producers);
        admissions = List.copyOf(admissions);
        profiles = List.copyOf(profiles);
        if (profiles.isEmpty()) {
            throw new IllegalArgumentException("routing " + name + " has no profile");
        }
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
