package dev.sluice.gateway;

import dev.sluice.core.Policy;
import dev.sluice.core.Policy.Named;
import dev.sluice.gateway.config.Catalog;
import dev.sluice.gateway.config.ConnectorConfig;
import dev.sluice.gateway.config.RoutingConfig;
import dev.sluice.gateway.plugin.LoadedPlugin;
import dev.sluice.gateway.plugin.PluginGuard;
import dev.sluice.gateway.plugin.Watched;
import dev.sluice.spi.Admission;
import dev.sluice.spi.ConfigException;
import dev.sluice.spi.Connector;
import dev.sluice.spi.Decider;
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

/** Turns a routing section into a policy that runs: creates the instances, puts them where profiles name them, and a guard before each. */
final class PolicyBuilder {
    private static final List<Class<? extends Part>> USED = List.of(
            Filter.class,
            Scorer.class,
            Picker.class,
            Producer.class,
            Admission.class,
            ProfileHandler.class,
            Decider.class);

    private final String name;
    private final RoutingConfig config;
    private final Catalog catalog;
    private final PluginGuard guard;
    private final Map<String, Pipeline.Created> created = new LinkedHashMap<>();
    private final List<Watched> watched = new ArrayList<>();

    private PolicyBuilder(String name, RoutingConfig config, Catalog catalog, PluginGuard guard) {
        this.name = name;
        this.config = config;
        this.catalog = catalog;
        this.guard = guard;
    }

    /**
     * Builds.
     *
     * @throws ConfigException when an instance can't be created or a profile can't run; the message names it
     */
    static Pipeline build(
            String name, RoutingConfig config, ConnectorConfig connector, Catalog catalog, PluginGuard guard) {
        PolicyBuilder builder = new PolicyBuilder(name, config, catalog, guard);
        try {
            Policy policy = builder.build();
            Optional<Connector> made = builder.connector(connector);
            return new Pipeline(policy, made, List.copyOf(builder.created.values()), builder.watched);
        } catch (RuntimeException refused) {
            Pipeline.close(List.copyOf(builder.created.values()));
            throw refused;
        }
    }

    private Policy build() {
        for (RoutingConfig.PluginEntry entry : config.plugins()) {
            try {
                Part part = entry.create(new Context(entry.name()));
                Optional<LoadedPlugin> jar = catalog.entry(entry.type()).flatMap(Catalog.Entry::jar);
                created.put(entry.name(), new Pipeline.Created(entry.name(), entry.type(), part, jar));
                if (USED.stream().noneMatch(kind -> kind.isInstance(part))) {
                    throw new ConfigException(entry.type() + " makes nothing that this version of the gateway uses");
                }
            } catch (ConfigException wrong) {
                throw new ConfigException("routing." + name + ": plugin " + entry.name() + ": " + wrong.getMessage());
            }
        }
        List<Policy.Profile> profiles = new ArrayList<>();
        for (RoutingConfig.Profile profile : config.schedulingProfiles()) {
            profiles.add(profile(profile));
        }
        if (profiles.isEmpty()) {
            List<RoutingConfig.Use> all = created.values().stream()
                    .filter(c -> c.part() instanceof Filter || c.part() instanceof Scorer || c.part() instanceof Picker)
                    .map(c -> new RoutingConfig.Use(c.name(), 1))
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

    /** The connector is an instance like the others: guarded when it is a third party's, closed with them. */
    private Optional<Connector> connector(ConnectorConfig connector) {
        if (connector.maker().isEmpty()) {
            return Optional.empty();
        }
        String type = connector.type();
        String key = "connector " + type;
        try {
            Connector part = connector.create(new Context(type));
            Optional<LoadedPlugin> jar = catalog.entry(type).flatMap(Catalog.Entry::jar);
            Pipeline.Created instance = new Pipeline.Created(type, type, part, jar);
            created.put(key, instance);
            return Optional.of(guarded(Connector.class, instance).part());
        } catch (ConfigException wrong) {
            throw new ConfigException("connector: " + wrong.getMessage());
        }
    }

    private Policy.Profile profile(RoutingConfig.Profile profile) {
        List<Named<Filter>> filters = new ArrayList<>();
        List<Policy.Weighted> scorers = new ArrayList<>();
        List<Named<Picker>> pickers = new ArrayList<>();
        for (RoutingConfig.Use use : profile.plugins()) {
            Pipeline.Created instance = created.get(use.pluginRef());
            if (instance == null) {
                throw new ConfigException("routing." + name + ": there is no plugin named " + use.pluginRef());
            }
            if (instance.part() instanceof Filter) {
                filters.add(guarded(Filter.class, instance));
            }
            if (instance.part() instanceof Scorer) {
                scorers.add(new Policy.Weighted(guarded(Scorer.class, instance), use.weight()));
            }
            if (instance.part() instanceof Picker) {
                pickers.add(guarded(Picker.class, instance));
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

    private <P extends Part> List<Named<P>> all(Class<P> kind) {
        List<Named<P>> found = new ArrayList<>();
        for (Pipeline.Created instance : created.values()) {
            if (kind.isInstance(instance.part())) {
                found.add(guarded(kind, instance));
            }
        }
        return found;
    }

    private <P extends Part> Named<P> guarded(Class<P> kind, Pipeline.Created instance) {
        P part = kind.cast(instance.part());
        P guarded = instance.plugin().isPresent()
                ? guard.thirdParty(
                        kind,
                        instance.type(),
                        instance.name(),
                        part,
                        instance.plugin().get())
                : guard.own(kind, instance.type(), instance.name(), part);
        if (guarded instanceof Watched counted) {
            watched.add(counted);
        }
        return new Named<>(instance.type(), instance.name(), guarded);
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
            Pipeline.Created instance = created.get(other);
            if (instance == null || !kind.isInstance(instance.part())) {
                throw new ConfigException("there is no " + kind.getSimpleName() + " named " + other + " before it");
            }
            // A decider is asked by another's handler: a third party's keeps its guard.
            return kind == Decider.class && instance.plugin().isPresent()
                    ? guarded(kind, instance).part()
                    : kind.cast(instance.part());
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
