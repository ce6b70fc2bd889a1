package dev.sluice.gateway.plugin.bench;

import dev.sluice.core.Decision;
import dev.sluice.core.Faults;
import dev.sluice.core.Placement;
import dev.sluice.core.Policy;
import dev.sluice.core.Policy.Named;
import dev.sluice.core.Policy.Profile;
import dev.sluice.core.Policy.Weighted;
import dev.sluice.core.Pool;
import dev.sluice.core.PoolSettings;
import dev.sluice.core.RoutingRequest;
import dev.sluice.core.Scheduler;
import dev.sluice.core.Snapshot;
import dev.sluice.gateway.config.Catalog;
import dev.sluice.gateway.plugin.BenchParts;
import dev.sluice.spi.Endpoint;
import dev.sluice.spi.Factory;
import dev.sluice.spi.NoConfig;
import dev.sluice.spi.Picker;
import dev.sluice.spi.PluginContext;
import dev.sluice.spi.ProfileHandler;
import dev.sluice.spi.Role;
import dev.sluice.spi.Scorer;
import dev.sluice.spi.Signal;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.Main;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * What guarding costs: one decision over 100 endpoints with five scorers, called directly, called as the gateway's own,
 * and handed to plugin workers as third parties'. {@code -jvmArgs -Djmh.executor=VIRTUAL} decides on virtual threads, as
 * the gateway does.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.SampleTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 5, time = 2)
@Fork(2)
public class PluginBench {
    private static final int ENDPOINTS = 100;
    private static final int SCORERS = 5;
    private final BenchParts parts = new BenchParts();
    private final List<Scorer> watched = new ArrayList<>();
    private final Policy direct;
    private final Policy own;
    private final Policy pooled;
    private final Placement placement;

    /** Builds the pool and the policies. */
    public PluginBench() {
        direct = policy(0);
        own = policy(1);
        pooled = policy(2);
        Pool pool = new Pool(PoolSettings.of("bench"));
        List<Endpoint> endpoints = new ArrayList<>();
        for (int i = 0; i < ENDPOINTS; i++) {
            endpoints.add(new Endpoint("e" + i, "10.0.0." + i + ":8000", Role.BOTH, Map.of("zone", "z" + i % 3)));
        }
        pool.setEndpoints(endpoints, 1);
        endpoints.forEach(e -> pool.probeSucceeded(e.id(), List.of("m"), 1));
        Snapshot snapshot = pool.snapshot(2);
        RoutingRequest request = new RoutingRequest(
                "r",
                "anonymous",
                "m",
                "/v1/completions",
                name -> Optional.empty(),
                Optional.empty(),
                0,
                1600,
                0,
                100,
                16,
                true,
                () -> "");
        placement = new Placement(request, snapshot, new int[ENDPOINTS], "", Set.of(), Set.of(), 1);
    }

    private static void scores(int salt, dev.sluice.spi.Candidates candidates, double[] scores) {
        for (int i = 0; i < scores.length; i++) {
            scores[i] = 1 / (1 + candidates.signal(i, Signal.IN_FLIGHT_REQUESTS) + (i * 31 + salt) % 17);
        }
    }

    private Policy policy(int kind) {
        List<Weighted> scorers = new ArrayList<>();
        for (int i = 0; i < SCORERS; i++) {
            String name = "scorer-" + kind + "-" + i;
            int salt = i;
            Scorer plain = (request, candidates, scores) -> scores(salt, candidates, scores);
            Scorer scorer = switch (kind) {
                case 0 -> plain;
                case 1 -> parts.own(name, plain);
                default -> parts.thirdParty(name, plain);
            };
            watched.add(scorer);
            scorers.add(new Weighted(new Named<>(name, name, scorer), 1));
        }
        return new Policy(
                "bench",
                List.of(),
                List.of(),
                new Named<>("h", "h", part("single-profile-handler", ProfileHandler.class)),
                List.of(new Profile(
                        "default", List.of(), scorers, new Named<>("p", "p", part("random-picker", Picker.class)))));
    }

    private static <P> P part(String type, Class<P> kind) {
        Factory<?> factory = Catalog.onClassPath().find(type).orElseThrow();
        return kind.cast(make(factory));
    }

    private static <C extends Record> Object make(Factory<C> factory) {
        try {
            C config = factory.config() == NoConfig.class
                    ? factory.config().cast(new NoConfig())
                    : construct(factory.config());
            return factory.create(config, NOWHERE);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(e);
        }
    }

    private static <C> C construct(Class<C> type) throws ReflectiveOperationException {
        var constructor = type.getDeclaredConstructors()[0];
        constructor.setAccessible(true);
        return type.cast(constructor.newInstance(1));
    }

    private static final PluginContext NOWHERE = new PluginContext() {
        @Override
        public String name() {
            return "bench";
        }

        @Override
        public System.Logger logger() {
            return System.getLogger("bench");
        }

        @Override
        public <P extends dev.sluice.spi.Part> P reference(String name, Class<P> kind) {
            throw new IllegalStateException(name);
        }
    };

    /** Nothing to prepare beyond the constructor. */
    @Setup(Level.Trial)
    public void setUp() {
        pooledScorers();
    }

    /** No guard at all. */
    @Benchmark
    public Decision unguarded() {
        return Scheduler.decide(direct, placement, Faults.IGNORED);
    }

    /** The gateway's own. */
    @Benchmark
    public Decision ownScorers() {
        return Scheduler.decide(own, placement, Faults.IGNORED);
    }

    /** Third parties'. */
    @Benchmark
    public Decision pooledScorers() {
        return Scheduler.decide(pooled, placement, Faults.IGNORED);
    }

    /** Says how many votes were lost, and ends the threads. */
    @TearDown(Level.Trial)
    public void tearDown() {
        watched.stream().map(BenchParts::report).filter(r -> r.contains("ok")).forEach(System.out::println);
        parts.close();
    }

    /** Takes JMH's options. */
    public static void main(String[] arguments) throws IOException {
        Main.main(arguments);
    }
}
