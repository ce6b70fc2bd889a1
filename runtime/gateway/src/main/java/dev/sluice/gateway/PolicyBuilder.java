package dev.sluice.gateway;

import dev.sluice.core.Policy;
import dev.sluice.core.Policy.Named;
import dev.sluice.core.Shedding;
import dev.sluice.core.flow.Eviction;
import dev.sluice.core.flow.FlowRules;
import dev.sluice.core.flow.Saturation;
import dev.sluice.gateway.config.Catalog;
import dev.sluice.gateway.config.ConfigError;
import dev.sluice.gateway.config.ConnectorConfig;
import dev.sluice.gateway.config.FlowConfig;
import dev.sluice.gateway.config.RoutingConfig;
import dev.sluice.gateway.engine.EngineSettings;
import dev.sluice.gateway.plugin.LoadedPlugin;
import dev.sluice.gateway.plugin.PageExtractor;
import dev.sluice.gateway.plugin.PluginGuard;
import dev.sluice.gateway.plugin.Watched;
import dev.sluice.spi.Admission;
import dev.sluice.spi.ConfigException;
import dev.sluice.spi.Connector;
import dev.sluice.spi.Decider;
import dev.sluice.spi.Extractor;
import dev.sluice.spi.Filter;
import dev.sluice.spi.Observer;
import dev.sluice.spi.Part;
import dev.sluice.spi.Picker;
import dev.sluice.spi.PluginContext;
import dev.sluice.spi.Producer;
import dev.sluice.spi.ProfileHandler;
import dev.sluice.spi.Request;
import dev.sluice.spi.ResponseHeaderWriter;
import dev.sluice.spi.SaturationDetector;
import dev.sluice.spi.Scorer;
import dev.sluice.spi.SessionKey;
import dev.sluice.spi.SourcePicker;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.random.RandomGenerator;
import java.util.stream.Collectors;

/** Turns a routing section into a policy that runs: creates the instances, puts them where profiles name them, and a guard before each. */
final class PolicyBuilder {
    private static final List<Class<? extends Part>> USED = List.of(
            Filter.class,
            Scorer.class,
            Picker.class,
            Producer.class,
            Admission.class,
            ProfileHandler.class,
            Decider.class,
            SaturationDetector.class,
            SessionKey.class,
            Observer.class,
            ResponseHeaderWriter.class,
            SourcePicker.class,
            Extractor.class);

    /** Age that engines' pages may have. */
    private static final Duration STALE = Duration.ofMillis(200);

    private static final Duration SURE = Duration.ofMillis(250);

    private final String name;
    private final RoutingConfig config;
    private final Catalog catalog;
    private final PluginGuard guard;
    private final Map<String, Pipeline.Created> created = new LinkedHashMap<>();
    private final List<Watched> watched = new ArrayList<>();
    /** Names of instances whose factories are at work, outermost first. */
    private final Set<String> making = new LinkedHashSet<>();
    /** Instances that some profile names. */
    private final Set<String> inProfiles = new LinkedHashSet<>();

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
            PageExtraction pages = builder.pages();
            Optional<Connector> made = builder.connector(connector);
            return new Pipeline(
                    policy, made, pages, builder.flow(), List.copyOf(builder.created.values()), builder.watched);
        } catch (RuntimeException refused) {
            Pipeline.close(List.copyOf(builder.created.values()));
            throw refused;
        }
    }

    /** What keeps a policy from being built, with its place; nothing of it is left behind. */
    static Optional<ConfigError> problem(String name, RoutingConfig config, Catalog catalog, PluginGuard guard) {
        PolicyBuilder builder = new PolicyBuilder(name, config, catalog, guard);
        try {
            builder.build();
            builder.flow();
            return Optional.empty();
        } catch (ConfigException wrong) {
            return Optional.of(builder.placed(String.valueOf(wrong.getMessage())));
        } finally {
            builder.watched.forEach(Watched::release);
            Pipeline.close(List.copyOf(builder.created.values()));
        }
    }

    /** Where it stands: at the plugin that was being made, else at the beginning of the file that the policy is in. */
    private ConfigError placed(String message) {
        String first = making.stream().findFirst().orElse("");
        return config.plugins().stream()
                .filter(entry -> entry.name().equals(first))
                .findFirst()
                .map(entry -> entry.error(message))
                .orElseGet(() -> config.plugins().getFirst().fileError(message));
    }

    private Policy build() {
        config.plugins().forEach(this::make);
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
        checkHandlers(handlers, profiles.size());
        List<Named<Admission>> admissions = new ArrayList<>(all(Admission.class));
        admissions.addAll(shedding());
        return new Policy(
                name,
                all(Producer.class),
                admissions,
                handlers.isEmpty()
                        ? new Named<>("single-profile-handler", "single-profile-handler", new OnlyProfile())
                        : handlers.getFirst(),
                profiles,
                new Policy.Around(
                        all(SessionKey.class), all(Observer.class), all(ResponseHeaderWriter.class), sources()));
    }

    /** How requests wait, where the policy says it. */
    private Optional<FlowRules> flow() {
        return config.flowControl()
                .map(flow -> new FlowRules(
                        flow.settings(),
                        saturation(flow),
                        flow.ceilings(),
                        new Eviction.Rules(flow.evicts(), graceNanos(flow))));
    }

    /**
     * How long the end of a request takes to show in what the detector says: at once where that is read off the ledger, else until engines'
     * pages have been read again and 250 ms more, as in llm-d.
     */
    private long graceNanos(FlowConfig flow) {
        Optional<String> type = flow.detector()
                .flatMap(name -> Optional.ofNullable(created.get(name)))
                .map(Pipeline.Created::type);
        return switch (type.orElse("")) {
            case "", "concurrency-detector" -> Eviction.LEDGER_GRACE_NS;
            case "utilization-detector" ->
                EngineSettings.DEFAULT.busy().plus(STALE).plus(SURE).toNanos();
            default -> Eviction.GRACE_NS;
        };
    }

    private Saturation saturation(FlowConfig flow) {
        flow.entry().ifPresent(this::make);
        Optional<Named<SaturationDetector>> named = flow.detector()
                .map(name -> all(SaturationDetector.class).stream()
                        .filter(detector -> detector.name().equals(name))
                        .findFirst()
                        .orElseThrow(() -> new ConfigException(
                                "routing." + this.name + ": " + name + " is no saturation detector")));
        return named.<Saturation>map(detector -> new DetectedSaturation(detector, guard.meters()::pluginFault))
                .orElseGet(() -> Saturation.leastWait(flow.ttftMs()));
    }

    /** One has the say of who is fetched from. */
    private Optional<Named<SourcePicker>> sources() {
        List<Named<SourcePicker>> sources = all(SourcePicker.class);
        if (sources.size() > 1) {
            throw new ConfigException("routing." + name + ": several plugins say from whom engines fetch: "
                    + sources.stream().map(Named::name).collect(Collectors.joining(", ")));
        }
        return sources.stream().findFirst();
    }

    /** A detector that no profile uses as a filter watches over admission. */
    private List<Named<Admission>> shedding() {
        if (config.flowControl().isPresent()) {
            return List.of(); // it holds requests back by what the detector says, and sheds nobody for it
        }
        return all(SaturationDetector.class).stream()
                .filter(detector -> !inProfiles.contains(detector.name()))
                .map(detector -> new Named<Admission>(detector.type(), detector.name(), new Shedding(detector.part())))
                .toList();
    }

    private PageExtraction pages() {
        List<Named<PageExtractor>> extractors = new ArrayList<>();
        for (Pipeline.Created instance : created.values()) {
            if (instance.part() instanceof Extractor extractor) {
                PageExtractor guarded = guard.extractor(instance.type(), instance.name(), extractor, instance.plugin());
                extractors.add(new Named<>(instance.type(), instance.name(), guarded));
                if (guarded instanceof Watched counted) {
                    watched.add(counted);
                }
            }
        }
        return extractors.isEmpty() ? PageExtraction.NONE : new PageExtraction(extractors, guard.meters()::pluginFault);
    }

    /** Makes an instance, after those that it refers to, wherever they stand. */
    private void make(RoutingConfig.PluginEntry entry) {
        if (created.containsKey(entry.name())) {
            return;
        }
        if (!making.add(entry.name())) {
            throw new ConfigException(place(entry) + "plugins refer to each other in a circle: "
                    + String.join(" → ", making) + " → " + entry.name());
        }
        Part part;
        try {
            part = entry.create(new Context(entry.name()));
        } catch (ConfigException wrong) {
            boolean told = String.valueOf(wrong.getMessage()).startsWith("routing." + name + ": ");
            throw told ? wrong : new ConfigException(place(entry) + wrong.getMessage());
        }
        making.remove(entry.name());
        Optional<LoadedPlugin> jar = catalog.entry(entry.type()).flatMap(Catalog.Entry::jar);
        created.put(entry.name(), new Pipeline.Created(entry.name(), entry.type(), part, jar));
        if (USED.stream().noneMatch(kind -> kind.isInstance(part))) {
            throw new ConfigException(
                    place(entry) + entry.type() + " makes nothing that this version of the gateway uses");
        }
    }

    private String place(RoutingConfig.PluginEntry entry) {
        return "routing." + name + ": plugin " + entry.name() + ": ";
    }

    private void checkHandlers(List<Named<ProfileHandler>> handlers, int profiles) {
        if (profiles > 1 && handlers.isEmpty()) {
            throw new ConfigException("routing." + name + ": several profiles need a profile handler");
        }
        if (handlers.size() > 1) {
            throw new ConfigException("routing." + name + ": there are several profile handlers: "
                    + handlers.stream().map(Named::name).collect(Collectors.joining(", ")));
        }
        if (profiles > 1 && handlers.getFirst().type().equals("single-profile-handler")) {
            throw new ConfigException(
                    "routing." + name + ": single-profile-handler runs one profile, there are " + profiles);
        }
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
            inProfiles.add(instance.name());
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
        Named<Picker> picker = pickers.isEmpty() ? anyPicker() : pickers.getFirst();
        return new Policy.Profile(profile.name(), filters, scorers, picker);
    }

    /** For a profile that names no picker, as llm-d does: the first of all that are configured, else the best total. */
    private Named<Picker> anyPicker() {
        return created.values().stream()
                .filter(instance -> instance.part() instanceof Picker)
                .findFirst()
                .map(instance -> guarded(Picker.class, instance))
                .orElseGet(() -> new Named<>("max-score-picker", "max-score-picker", new FirstBest()));
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
            return find(other, kind)
                    .orElseThrow(() -> new ConfigException("there is no " + kind.getSimpleName() + " named " + other));
        }

        @Override
        public <P extends Part> Optional<P> find(String other, Class<P> kind) {
            config.plugins().stream()
                    .filter(entry -> entry.name().equals(other))
                    .findFirst()
                    .ifPresent(PolicyBuilder.this::make);
            // A decider is asked by another's handler: a third party's keeps its guard.
            return Optional.ofNullable(created.get(other))
                    .filter(instance -> kind.isInstance(instance.part()))
                    .map(instance -> kind == Decider.class && instance.plugin().isPresent()
                            ? guarded(kind, instance).part()
                            : kind.cast(instance.part()));
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
