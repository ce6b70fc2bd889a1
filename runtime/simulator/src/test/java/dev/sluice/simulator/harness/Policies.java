package dev.sluice.simulator.harness;

import dev.sluice.core.Policy;
import dev.sluice.core.Policy.Named;
import dev.sluice.core.Policy.Profile;
import dev.sluice.core.Policy.Weighted;
import dev.sluice.plugins.BuiltInPlugin;
import dev.sluice.plugins.LeastWorkConfig;
import dev.sluice.plugins.LeastWorkDeciderConfig;
import dev.sluice.plugins.LeastWorkScorer;
import dev.sluice.plugins.PdConfig;
import dev.sluice.plugins.PickerConfig;
import dev.sluice.spi.Decider;
import dev.sluice.spi.Factory;
import dev.sluice.spi.Filter;
import dev.sluice.spi.Part;
import dev.sluice.spi.Picker;
import dev.sluice.spi.PluginContext;
import dev.sluice.spi.ProfileHandler;
import dev.sluice.spi.Scorer;
import dev.sluice.spi.SourcePicker;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/** The default policy, built from the built-in plugins. */
final class Policies {
    private Policies() {}

    static Policy leastWork() {
        return new Policy(
                "default",
                List.of(),
                List.of(),
                new Named<>("single-profile-handler", "handler", (ProfileHandler)
                        part("single-profile-handler", new dev.sluice.spi.NoConfig())),
                List.of(new Profile(
                        "default",
                        List.of(),
                        List.of(new Weighted(
                                new Named<Scorer>(
                                        "least-work-scorer",
                                        "least-work-scorer",
                                        new LeastWorkScorer(LeastWorkConfig.defaults())),
                                1)),
                        new Named<>("max-score-picker", "picker", (Picker)
                                part("max-score-picker", new PickerConfig(1))))));
    }

    /** The default policy of pools whose engines move KV. */
    static Policy split() {
        return apart((Decider) part("least-work-pd-decider", new LeastWorkDeciderConfig(0.5, 512)));
    }

    /** Splits whatever can be. */
    static Policy always() {
        return apart((Decider) part("always-disagg-pd-decider", new dev.sluice.spi.NoConfig()));
    }

    /** The same policy, by which whoever lacks something fetches it, whether or not that is sooner. */
    static Policy fetching(Policy policy) {
        SourcePicker picker =
                (SourcePicker) part("p2p-source-producer", new dev.sluice.plugins.P2pSourceConfig(1, "prefill"));
        return new Policy(
                policy.name(),
                policy.producers(),
                policy.admissions(),
                policy.handler(),
                policy.profiles(),
                new Policy.Around(
                        List.of(),
                        List.of(),
                        List.of(),
                        Optional.of(new Named<>("p2p-source-producer", "p2p-source-producer", picker))));
    }

    private static Policy apart(Decider decider) {
        return new Policy(
                "apart",
                List.of(),
                List.of(),
                new Named<>("disagg-profile-handler", "handler", (ProfileHandler) part(
                        "pd-profile-handler",
                        new PdConfig("decode", "prefill", Optional.of("d"), OptionalInt.empty()),
                        decider)),
                List.of(profile("decode", "decode-filter"), profile("prefill", "prefill-filter")));
    }

    private static Profile profile(String name, String filter) {
        return new Profile(
                name,
                List.of(new Named<>(filter, filter, (Filter) part(filter, new dev.sluice.spi.NoConfig()))),
                List.of(new Weighted(
                        new Named<Scorer>(
                                "least-work-scorer",
                                "least-work-scorer",
                                new LeastWorkScorer(LeastWorkConfig.defaults())),
                        1)),
                new Named<>("max-score-picker", "picker", (Picker) part("max-score-picker", new PickerConfig(1))));
    }

    private static Part part(String type, Record config, Part... others) {
        for (Factory<?> factory : new BuiltInPlugin().factories()) {
            if (factory.type().equals(type)) {
                return create(factory, config, type, others);
            }
        }
        throw new IllegalArgumentException(type);
    }

    private static <C extends Record> Part create(Factory<C> factory, Record config, String name, Part... others) {
        return factory.create(factory.config().cast(config), new PluginContext() {
            @Override
            public String name() {
                return name;
            }

            @Override
            public System.Logger logger() {
                return System.getLogger(name);
            }

            @Override
            public <P extends Part> P reference(String other, Class<P> kind) {
                return Arrays.stream(others)
                        .filter(kind::isInstance)
                        .map(kind::cast)
                        .findFirst()
                        .orElseThrow(() -> new IllegalStateException("there is no " + other));
            }
        });
    }
}
