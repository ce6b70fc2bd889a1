package dev.sluice.gateway;

import dev.sluice.core.Policy;
import dev.sluice.core.Policy.Named;
import dev.sluice.gateway.config.RoutingConfig;
import dev.sluice.spi.Admission;
import dev.sluice.spi.ConfigException;
import dev.sluice.spi.Filter;
import dev.sluice.spi.Part;
import dev.sluice.spi.Picker;
import dev.sluice.spi.PluginContext;
import dev.sluice.spi.Producer;
import dev.sluice.spi.ProfileHandler;
import dev.sluice.spi.Request;
import dev.sluice.spi.Scorer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.random.RandomGenerator;

/** Turns a routing section into a policy that runs: creates the instances and puts them where profiles name them. */
final class PolicyBuilder {
    private final String name;
    private final RoutingConfig config;
    private final Map<String, Part> parts = new LinkedHashMap<>();
    private final Map<String, String> types = new LinkedHashMap<>();

    private PolicyBuilder(String name, RoutingConfig config) {
        this.name = name;
        this.config = config;
    }

    /**
     * Builds.
     *
     * @throws ConfigException when an instance can't be created or a profile can't run; the message names it
     */
    static Policy build(String name, RoutingConfig config) {
        return new PolicyBuilder(name, config).build();
    }

    private Policy build() {
        for (RoutingConfig.PluginEntry entry : config.plugins()) {
            try {
                parts.put(entry.name(), entry.create(new Context(entry.name())));
                types.put(entry.name(), entry.type());
            } catch (ConfigException wrong) {
                throw new ConfigException("routing." + name + ": plugin " + entry.name() + ": " + wrong.getMessage());
            }
        }
        List<Policy.Profile> profiles = new ArrayList<>();
        for (RoutingConfig.Profile profile : config.schedulingProfiles()) {
            profiles.add(profile(profile));
        }
        if (profiles.isEmpty()) {
            List<RoutingConfig.Use> all = parts.entrySet().stream()
                    .filter(e -> e.getValue() instanceof Filter
                            || e.getValue() instanceof Scorer
                            || e.getValue() instanceof Picker)
                    .map(e -> new RoutingConfig.Use(e.getKey(), 1))
                    .toList();
            profiles.add(profile(new RoutingConfig.Profile("default", all)));
        }
        List<Named<ProfileHandler>> handlers = all(ProfileHandler.class);
        if (profiles.size() > 1 && handlers.isEmpty()) {
            throw new ConfigException("routing." + name + ": several profiles need a profile handler");
        }
        return new Policy(
                name,
                all(Producer.class),
                all(Admission.class),
                handlers.isEmpty()
                        ? new Named<>("single-profile-handler", "single-profile-handler", new OnlyProfile())
                        : handlers.getFirst(),
                profiles);
    }

    private Policy.Profile profile(RoutingConfig.Profile profile) {
        List<Named<Filter>> filters = new ArrayList<>();
        List<Policy.Weighted> scorers = new ArrayList<>();
        List<Named<Picker>> pickers = new ArrayList<>();
        for (RoutingConfig.Use use : profile.plugins()) {
            Part part = parts.get(use.pluginRef());
            String type = types.getOrDefault(use.pluginRef(), "");
            if (part instanceof Filter filter) {
                filters.add(new Named<>(type, use.pluginRef(), filter));
            }
            if (part instanceof Scorer scorer) {
                scorers.add(new Policy.Weighted(new Named<>(type, use.pluginRef(), scorer), use.weight()));
            }
            if (part instanceof Picker picker) {
                pickers.add(new Named<>(type, use.pluginRef(), picker));
            }
        }
        if (pickers.size() > 1) {
            throw new ConfigException("routing." + name + ": profile " + profile.name() + " has several pickers");
        }
        Named<Picker> picker = pickers.isEmpty()
                ? new Named<>("max-score-picker", "max-score-picker", new FirstBest())
                : pickers.getFirst();
        return new Policy.Profile(profile.name(), filters, scorers, picker);
    }

    private <P> List<Named<P>> all(Class<P> kind) {
        List<Named<P>> found = new ArrayList<>();
        parts.forEach((instance, part) -> {
            if (kind.isInstance(part)) {
                found.add(new Named<>(types.getOrDefault(instance, ""), instance, kind.cast(part)));
            }
        });
        return found;
    }

    private final class Context implements PluginContext {
        private final String instance;

        Context(String instance) {
            this.instance = instance;
        }

        @Override
        public String name() {
            return instance;
        }

        @Override
        public System.Logger logger() {
            return System.getLogger("dev.sluice.plugin." + instance);
        }

        @Override
        public <P extends Part> P reference(String other, Class<P> kind) {
            Part part = parts.get(other);
            if (!kind.isInstance(part)) {
                throw new ConfigException("there is no " + kind.getSimpleName() + " named " + other + " before it");
            }
            return kind.cast(part);
        }
    }

    /** Stands where a configuration has one profile and names no handler. */
    private static final class OnlyProfile implements ProfileHandler {
        @Override
        public Optional<String> next(Request request, List<String> profiles, List<String> done) {
            return done.isEmpty() ? Optional.of(profiles.getFirst()) : Optional.empty();
        }

        @Override
        public String primary(Request request, List<String> done) {
            return done.getFirst();
        }
    }

    /** Stands where a profile names no picker: the best total, ties by chance. */
    private static final class FirstBest implements Picker {
        @Override
        public int pick(
                Request request,
                dev.sluice.spi.Candidates candidates,
                double[] totals,
                int[] order,
                RandomGenerator random) {
            int ties = 0;
            for (int i = 0; i < totals.length; i++) {
                if (ties == 0 || totals[i] > totals[order[0]]) {
                    order[0] = i;
                    ties = 1;
                } else if (totals[i] == totals[order[0]] && random.nextInt(++ties) == 0) {
                    order[0] = i;
                }
            }
            return totals.length == 0 ? 0 : 1;
        }
    }
}
