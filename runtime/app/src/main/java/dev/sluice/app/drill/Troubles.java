package dev.sluice.app.drill;

import dev.sluice.simulator.Faults;
import dev.sluice.simulator.SimulatorServer;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;

/** Whatever can be broken, one kind each; which, where and how badly is drawn. */
final class Troubles {
    private static final String ENGINE = "engine ";
    private static final double RATE = 0.4;
    private static final double SLOW = 8;
    private static final int EVENTS = 6;
    private static final String OTHER_POLICY = """
        routing:
          other:
            plugins: [{type: prefix-cache-scorer}, {type: queue-scorer}]
            schedulingProfiles:
              - name: default
                plugins: [{pluginRef: prefix-cache-scorer, weight: 3}, {pluginRef: queue-scorer, weight: 2}]
        """;
    private static final List<Faults.Kind> ANSWERS = List.of(
            Faults.Kind.CLOSE_BEFORE_HEAD,
            Faults.Kind.RESET_BEFORE_HEAD,
            Faults.Kind.CLOSE_AFTER_HEAD,
            Faults.Kind.RESET_AFTER_HEAD,
            Faults.Kind.RESET,
            Faults.Kind.CUT,
            Faults.Kind.END_EARLY,
            Faults.Kind.NO_DONE,
            Faults.Kind.STALL,
            Faults.Kind.ABORT,
            Faults.Kind.ERROR_EVENT,
            Faults.Kind.STATUS,
            Faults.Kind.GARBAGE_BODY,
            Faults.Kind.BAD_HEAD,
            Faults.Kind.LONG_LENGTH,
            Faults.Kind.INFORMATIONAL,
            Faults.Kind.WRONG_USAGE);

    private static final String GATEWAY = "gateway";
    private static final String CONFIGURATION = "configuration";
    private static final String TENANTS = "tenants";
    private static final long IN_HAND_MS = 300;
    private static final List<Duration> STEPS =
            List.of(Duration.ofHours(1), Duration.ofHours(-1), Duration.ofDays(1), Duration.ofDays(-1));
    private static final int CLOCK_SECONDS = 30;
    /** Engines that are in trouble at the same time; the others serve. */
    private static final int MOST_ENGINES = 2;

    /** Makes a trouble. */
    private interface Maker {
        Trouble make(SplittableRandom random) throws IOException, InterruptedException;
    }

    /**
     * One kind.
     *
     * @param target what it is done to; empty for one of the engines in this process
     */
    private record Kind(String target, Maker maker) {}

    private final Arena arena;
    private final EngineProcess process;
    private final List<Kind> kinds = new ArrayList<>();
    private final List<Kind> left = new ArrayList<>();
    private final Set<String> inUse = new HashSet<>();
    /** Keys that were revoked, and are worth something all the same. */
    private int undead;

    private int policies;
    private int made;

    /** @param clocks whether gateways have clocks that can be set */
    Troubles(Arena arena, EngineProcess process, boolean clocks) {
        this.arena = arena;
        this.process = process;
        engines(random -> engine(random, "SIGKILL", SimulatorServer::stop, SimulatorServer::restart));
        engines(random -> engine(random, "SIGTERM", SimulatorServer::terminate, SimulatorServer::restart));
        engines(random -> engine(random, "its core dies", SimulatorServer::killEngine, SimulatorServer::restart));
        engines(random -> engine(random, "hangs", one -> one.pause(true), one -> one.pause(false)));
        engines(random -> engine(random, "is " + SLOW + " times slower", one -> slow(one, SLOW), one -> slow(one, 1)));
        engines(random -> engine(
                random,
                "resets connections",
                one -> one.faults().refuse(true),
                one -> one.faults().refuse(false)));
        engines(this::blackhole);
        engines(this::answers);
        engines(this::answers);
        engines(this::metrics);
        engines(this::events);
        add(EngineProcess.NAME, _ -> frozenEngine());
        add(EngineProcess.NAME, _ -> killedEngine());
        add(GATEWAY, this::terminated);
        add(GATEWAY, this::killed);
        add(GATEWAY, this::frozen);
        add(CONFIGURATION, _ -> policy());
        add(CONFIGURATION, this::spoiled);
        add(GATEWAY, this::keys);
        add(TENANTS, _ -> brokenTenant());
        if (clocks) {
            add(GATEWAY, this::clock);
        }
    }

    private void engines(Maker maker) {
        add("", maker);
    }

    private void add(String target, Maker maker) {
        kinds.add(new Kind(target, maker));
    }

    /**
     * Makes the next trouble: of all kinds one after the other in an order that is drawn, and then again in another order. Empty while what
     * is left to do it to has a trouble already.
     */
    Optional<Trouble> make(SplittableRandom random) throws IOException, InterruptedException {
        if (left.isEmpty()) {
            left.addAll(kinds);
            for (int i = left.size() - 1; i > 0; i--) {
                Collections.swap(left, i, random.nextInt(i + 1));
            }
        }
        long engines =
                inUse.stream().filter(target -> target.startsWith(ENGINE)).count();
        for (Kind kind : left) {
            boolean busy = kind.target().isEmpty() ? engines >= MOST_ENGINES : inUse.contains(kind.target());
            if (!busy) {
                Trouble trouble = kind.maker().make(random);
                left.remove(kind);
                inUse.add(trouble.target());
                made++;
                return Optional.of(trouble);
            }
        }
        return Optional.empty();
    }

    /** How many kinds there are. */
    int kinds() {
        return kinds.size();
    }

    /** How many kinds have been made. */
    int kindsMade() {
        return Math.min(made, kinds.size());
    }

    /** Undoes one. */
    void mend(Trouble trouble) throws IOException, InterruptedException {
        trouble.mend().run();
        inUse.remove(trouble.target());
    }

    /** Revoked keys that were worth something seconds later. */
    int undead() {
        return undead;
    }

    private interface Act {
        void on(SimulatorServer engine);
    }

    private SimulatorServer engine(SplittableRandom random) {
        List<SimulatorServer> all = arena.fleet().engines().stream()
                .filter(engine -> !inUse.contains(name(engine)))
                .toList();
        return all.get(random.nextInt(all.size()));
    }

    private Trouble engine(SplittableRandom random, String what, Act act, Act mend) {
        SimulatorServer one = engine(random);
        act.on(one);
        return new Trouble("engine: " + what, name(one), () -> mend.on(one));
    }

    private static String name(SimulatorServer engine) {
        return ENGINE + engine.port();
    }

    private static void slow(SimulatorServer one, double factor) {
        boolean done = one.engine(engine -> {
            engine.slowDown(factor);
            return true;
        });
        if (!done) {
            throw new IllegalStateException("not slowed");
        }
    }

    private Trouble blackhole(SplittableRandom random) throws IOException {
        SimulatorServer one = engine(random);
        one.stop();
        Blackhole hole = Blackhole.at(one.port());
        return new Trouble("engine: swallows connections", name(one), () -> {
            hole.close();
            one.restart();
        });
    }

    private Trouble answers(SplittableRandom random) {
        SimulatorServer one = engine(random);
        Faults.Kind kind = ANSWERS.get(random.nextInt(ANSWERS.size()));
        one.faults().rules(new Faults.Rule(kind, RATE, -1, random.nextInt(6), 500 + random.nextInt(4), "/v1/"));
        return new Trouble(
                "engine: " + words(kind), name(one), () -> one.faults().rules(List.of()));
    }

    private Trouble metrics(SplittableRandom random) {
        SimulatorServer one = engine(random);
        Faults.Metrics[] lies = {
            Faults.Metrics.GARBAGE,
            Faults.Metrics.NAN,
            Faults.Metrics.HANG,
            Faults.Metrics.ENDLESS,
            Faults.Metrics.ERROR
        };
        Faults.Metrics lie = lies[random.nextInt(lies.length)];
        one.faults().metrics(lie);
        return new Trouble(
                "engine's metrics: " + words(lie), name(one), () -> one.faults().metrics(Faults.Metrics.NORMAL));
    }

    private Trouble events(SplittableRandom random) {
        SimulatorServer one = engine(random);
        int kind = random.nextInt(6);
        one.events().ifPresent(stream -> {
            switch (kind) {
                case 0 -> stream.drop(EVENTS);
                case 1 -> stream.lose(EVENTS);
                case 2 -> stream.garble(EVENTS);
                case 3 -> stream.lie(EVENTS);
                case 4 -> stream.shorten(EVENTS);
                default -> stream.restart();
            }
        });
        List<String> words = List.of("dropped", "lost", "garbled", "lies", "without numbers", "from 0 again");
        return new Trouble("KV events: " + words.get(kind), name(one), () -> {});
    }

    private static String words(Enum<?> value) {
        return value.name().toLowerCase(Locale.ROOT).replace('_', ' ');
    }

    private Trouble frozenEngine() throws IOException, InterruptedException {
        process.freeze();
        return new Trouble("engine's process: SIGSTOP", EngineProcess.NAME, process::thaw);
    }

    private Trouble killedEngine() throws IOException, InterruptedException {
        process.kill();
        return new Trouble("engine's process: SIGKILL", EngineProcess.NAME, () -> {
            process.start();
            arena.fleet().list(process.and(arena.fleet().rows()));
        });
    }

    private Member member(SplittableRandom random) {
        List<Member> all = arena.living();
        return all.get(random.nextInt(all.size()));
    }

    /** A rolling update of one of the gateways. */
    private Trouble terminated(SplittableRandom random) throws IOException, InterruptedException {
        Member old = member(random);
        arena.join();
        old.terminate();
        return new Trouble("gateway: SIGTERM", GATEWAY, () -> {
            if (old.awaitEnd(Arena.END_SECONDS) != 0) {
                throw new IOException(old.name() + " did not end with 0: " + old.lastLines());
            }
            arena.gone(old);
        });
    }

    private Trouble killed(SplittableRandom random) throws IOException, InterruptedException {
        arena.kill(member(random));
        arena.join();
        return new Trouble("gateway: SIGKILL", GATEWAY, () -> {});
    }

    private Trouble frozen(SplittableRandom random) throws IOException, InterruptedException {
        Member one = member(random);
        one.freeze();
        return new Trouble("gateway: SIGSTOP", GATEWAY, one::thaw);
    }

    /** Not before the gateway itself writes the wrong time into its usage log. */
    private Trouble clock(SplittableRandom random) throws IOException, InterruptedException {
        Member one = member(random);
        Duration by = STEPS.get(random.nextInt(STEPS.size()));
        FalseClock.set(one.directory(), by);
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(CLOCK_SECONDS);
        Duration half = by.abs().dividedBy(2);
        while (one.lastUsage()
                .filter(at -> Duration.between(at, Instant.now()).abs().compareTo(half) > 0)
                .isEmpty()) {
            if (System.nanoTime() > end) {
                throw new IOException(one.name() + " still has the right time after its clock was set by " + by);
            }
            TimeUnit.MILLISECONDS.sleep(20);
        }
        return new Trouble(
                "gateway: clock set " + by.abs().toHours() + " h " + (by.isNegative() ? "back" : "forward"),
                GATEWAY,
                () -> FalseClock.set(one.directory(), Duration.ZERO));
    }

    private Trouble policy() throws IOException {
        Arena.Setup before = arena.setup();
        boolean other = ++policies % 2 == 1;
        arena.configure(
                other
                        ? before.withPool(before.pool() + "    routing: other\n")
                                .withRest(before.rest() + OTHER_POLICY)
                        : before);
        return new Trouble("configuration: another policy", CONFIGURATION, () -> arena.configure(before));
    }

    private Trouble spoiled(SplittableRandom random) throws IOException {
        Member one = member(random);
        arena.spoil(one, random.nextBoolean() ? "pools: [{name: drill, models" : "pools: []\n");
        return new Trouble("configuration: half written", CONFIGURATION, () -> arena.configure(arena.setup()));
    }

    private Trouble keys(SplittableRandom random) throws IOException, InterruptedException {
        Keys.Rotation rotation = arena.keys().rotate(random);
        if (!arena.await(rotation.fresh(), true)) {
            throw new IOException("a new key was not taken within the time");
        }
        rotation.use();
        return new Trouble("tenant: key rotated", GATEWAY, () -> {
            TimeUnit.MILLISECONDS.sleep(IN_HAND_MS); // requests that have the old one in hand are let through
            if (!arena.await(rotation.revoke(), false)) {
                undead++;
            }
        });
    }

    private Trouble brokenTenant() throws IOException {
        arena.keys().breakTenant("tenant-broken");
        return new Trouble("tenant: broken file", TENANTS, () -> arena.keys().removeTenant("tenant-broken"));
    }
}
