package dev.sluice.simulator.harness;

import dev.sluice.core.EndpointReport;
import dev.sluice.core.PoolSettings;
import dev.sluice.core.flow.AdmissionQueue.Bounds;
import dev.sluice.core.flow.AdmissionQueue.Waiting;
import dev.sluice.core.flow.Ceilings;
import dev.sluice.core.flow.FairnessKind;
import dev.sluice.core.flow.FlowRules;
import dev.sluice.core.flow.FlowSettings;
import dev.sluice.core.flow.FlowSettings.Rules;
import dev.sluice.core.flow.Ordering;
import dev.sluice.core.flow.Saturation;
import dev.sluice.simulator.EngineProfile;
import dev.sluice.simulator.fleet.Ask;
import dev.sluice.simulator.fleet.EventLoop;
import dev.sluice.simulator.fleet.Exchange;
import dev.sluice.simulator.fleet.Exchange.End;
import dev.sluice.simulator.fleet.Exchange.State;
import dev.sluice.simulator.fleet.Server;
import dev.sluice.simulator.fleet.VirtualGateway;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;

/**
 * One seeded run of many tenants who ask for more than a small fleet can do, with cancellations, crashes and slow engines. After every
 * event: each request is in one state and the queue counts what waits, by flow and band too; bounds hold; nobody of a lower band goes
 * before one of a higher; between flows that wait, work over weight differs by no more than the source of the fair queue says;
 * nobody waits beyond its time; nobody waits while there is room that it may have.
 */
final class FlowWorld {
    private static final long MS = 1_000_000;
    /** Housekeeping's period, and so how late it may be. */
    private static final long TICK = 50 * MS;

    /** Who asks. */
    record Tenant(String name, int priority, double weight) {}

    /** What went wrong. */
    static final class Violation extends AssertionError {
        private static final long serialVersionUID = 1L;

        Violation(String message) {
            super(message);
        }
    }

    private final SplittableRandom random;
    private final EventLoop loop;
    private final FlowGateway gateway;
    private final FlowRules rules;
    private final int savedMs;
    private final Map<String, Server> fleet = new LinkedHashMap<>();
    private final List<Tenant> tenants = new ArrayList<>();
    private final List<Exchange> exchanges = new ArrayList<>();
    private final Map<Long, Tenant> whose = new TreeMap<>();
    private final Map<Long, Long> deadlines = new TreeMap<>();
    private final Map<Long, Double> asked = new TreeMap<>();
    private final Set<Exchange> open = new LinkedHashSet<>();
    /** Work over weight that flows had while they waited, by band and flow. */
    private final Map<String, Double> had = new TreeMap<>();
    /** The most work over weight of a single request. */
    private final Map<String, Double> most = new TreeMap<>();
    /** What two flows had when both began to wait. */
    private final Map<String, Double> since = new TreeMap<>();

    private Tenant next = new Tenant("", 0, 1);
    private Set<String> waiting = Set.of();
    private long stuckSince = Long.MAX_VALUE;
    private boolean faultsOver;
    private int left;
    private int pushedOut;
    private int shares;

    FlowWorld(long seed, FlowBug bug) {
        random = new SplittableRandom(seed * 0x9E3779B97F4A7C15L + 7);
        loop = new EventLoop(seed);
        Bounds total = new Bounds(random.nextInt(5, 40), random.nextLong(50_000, 400_000));
        Bounds band = chance(0.5) ? new Bounds(random.nextInt(3, 20), 1L << 40) : FlowSettings.UNBOUNDED;
        Bounds flow = chance(0.5)
                ? new Bounds(random.nextInt(2, 10), random.nextLong(20_000, 80_000))
                : FlowSettings.UNBOUNDED;
        savedMs = chance(0.5) ? random.nextInt(1, 500) : 0;
        FairnessKind shares = new FairnessKind.Shares(Duration.ofMillis(savedMs));
        Rules fair = new Rules(band, flow, shares, Ordering.Kind.FIFO);
        FlowSettings settings = new FlowSettings(total, Map.of(), fair, fair, chance(0.7), chance(0.5));
        rules = new FlowRules(
                settings,
                chance(0.7) ? Saturation.leastWait(random.nextDouble(20, 500)) : Saturation.NONE,
                Ceilings.batch(1, 0.5));
        FlowSettings used = bug == FlowBug.FLOW_BOUND_IGNORED
                ? new FlowSettings(
                        total,
                        Map.of(),
                        new Rules(band, FlowSettings.UNBOUNDED, shares, Ordering.Kind.FIFO),
                        new Rules(band, FlowSettings.UNBOUNDED, shares, Ordering.Kind.FIFO),
                        settings.pushOut(),
                        settings.early())
                : settings;
        PoolSettings pool = new PoolSettings(
                "flows",
                random.nextInt(1, 6),
                16,
                3,
                Duration.ofMillis(200),
                Duration.ZERO,
                new PoolSettings.Priors(20_000, 5, 8, 0.05, 4096));
        gateway = new FlowGateway(
                loop,
                pool,
                new VirtualGateway.Limits(
                        new FlowRules(used, rules.saturation(), rules.ceilings()),
                        random.nextLong(100, 3000) * MS,
                        4000 * MS,
                        2000 * MS),
                Policies.leastWork(),
                bug,
                this);
        int engines = random.nextInt(1, 4);
        for (int i = 0; i < engines; i++) {
            EngineProfile profile = EngineProfile.llama8b()
                    .withCache(random.nextInt(300, 900), 16)
                    .withLimits(random.nextInt(2, 8), 512, 8192, 0);
            fleet.put("e" + i, new Server(loop, profile, random.nextLong()));
        }
        gateway.endpoints(fleet);
        int count = random.nextInt(2, 6);
        int[] priorities = {0, 0, 0, 10, -1};
        for (int i = 0; i < count; i++) {
            tenants.add(new Tenant("t" + i, priorities[random.nextInt(priorities.length)], random.nextInt(1, 5) / 2.0));
        }
        planClients();
        planFaults();
        every(TICK, this::housekeeping);
    }

    private boolean chance(double p) {
        return random.nextDouble() < p;
    }

    private void every(long period, Runnable action) {
        loop.in(period, () -> {
            action.run();
            if (!faultsOver || !open.isEmpty() || left > 0) {
                every(period, action);
            }
        });
    }

    private void housekeeping() {
        for (String id : gateway.tick()) {
            Server server = fleet.get(id);
            if (server != null && server.answers()) {
                gateway.pool().probeSucceeded(id, List.of("m"), loop.now());
            } else {
                gateway.pool().probeFailed(id, "no answer", loop.now());
            }
        }
    }

    private void planClients() {
        int requests = random.nextInt(60, 200);
        double mean = random.nextDouble(1, 15) * MS;
        double cancelled = chance(0.5) ? random.nextDouble(0.4) : 0;
        int longest = random.nextInt(200, 4000);
        left = requests;
        long at = 60 * MS;
        for (int i = 0; i < requests; i++) {
            at += (long) (-Math.log(1 - random.nextDouble()) * mean);
            Tenant tenant = tenants.get(chance(0.5) ? 0 : random.nextInt(tenants.size()));
            Ask ask = ask(longest);
            boolean leaves = chance(cancelled);
            long patience = random.nextLong(800 * MS);
            loop.at(at, () -> {
                left--;
                next = tenant;
                Exchange x = gateway.arrive(ask);
                exchanges.add(x);
                if (x.state() != State.ENDED) {
                    open.add(x);
                }
                if (leaves) {
                    loop.in(patience, () -> gateway.cancel(x));
                }
            });
        }
    }

    private Ask ask(int longest) {
        int tokens = random.nextInt(32, longest);
        long[] blocks = new long[tokens / 16];
        for (int i = 0; i < blocks.length; i++) {
            blocks[i] = random.nextLong();
        }
        return new Ask(tokens, blocks, blocks.length, random.nextInt(1, 30), 0, "", !chance(0.2));
    }

    private void planFaults() {
        int count = chance(0.5) ? random.nextInt(1, 6) : 0;
        for (int i = 0; i < count; i++) {
            int kind = random.nextInt(3);
            loop.at(random.nextLong(1500 * MS), () -> fault(kind));
        }
        loop.at(1800 * MS, () -> {
            faultsOver = true;
            fleet.values().forEach(server -> {
                server.restart();
                server.refuse(false);
                server.engine().slowDown(1);
            });
        });
    }

    private void fault(int kind) {
        Server server = fleet.get("e" + random.nextInt(fleet.size()));
        if (server == null || faultsOver) {
            return;
        }
        long pause = random.nextLong(400 * MS);
        switch (kind) {
            case 0 -> {
                server.crash();
                loop.in(pause, server::restart);
            }
            case 1 -> {
                server.refuse(true);
                loop.in(pause, () -> server.refuse(false));
            }
            default -> server.engine().slowDown(random.nextDouble(0.5, 5));
        }
    }

    // What the gateway tells.

    Tenant tenant(Exchange x) {
        return whose.computeIfAbsent(x.number(), n -> next);
    }

    long deadline(Exchange x, long usual) {
        deadlines.put(x.number(), usual);
        return usual;
    }

    void asks(Exchange x, double workMs) {
        asked.put(x.number(), workMs);
        Tenant tenant = tenant(x);
        most.merge(key(tenant), workMs / tenant.weight(), Math::max);
    }

    private static String key(Tenant tenant) {
        return tenant.priority() + "/" + tenant.name();
    }

    /** Room is set aside for a request: at once, or as it leaves the queue. */
    void leaves(Exchange x) {
        Tenant tenant = tenant(x);
        if (x.state() != State.QUEUED || !gateway.pool().serving()) {
            return;
        }
        for (Exchange other : open) {
            boolean higher = other.state() == State.QUEUED && tenant(other).priority() > tenant.priority();
            require(!higher, x, "left before request " + other.number() + " of a higher band");
        }
        String mine = key(tenant);
        had.merge(mine, asked.getOrDefault(x.number(), 0.0) / tenant.weight(), Double::sum);
        for (String other : waiting) {
            boolean both = band(other).equals(band(mine)) && waiting.contains(mine) && waits(other);
            if (!other.equals(mine) && both) {
                lead(mine, other);
            }
        }
    }

    private boolean waits(String key) {
        for (Exchange x : open) {
            if (x.state() == State.QUEUED && key(tenant(x)).equals(key)) {
                return true;
            }
        }
        return false;
    }

    private static String band(String key) {
        return key.substring(0, key.indexOf('/'));
    }

    private void lead(String one, String other) {
        double begun = since.getOrDefault(one + " " + other, 0.0);
        double now = had.getOrDefault(one, 0.0) - had.getOrDefault(other, 0.0);
        double bound = most.getOrDefault(one, 0.0) + most.getOrDefault(other, 0.0) + savedMs;
        shares++;
        require(
                now - begun <= bound + 1e-6,
                one + " had " + (now - begun) + " ms over weight more than " + other + ", allowed is " + bound);
    }

    void ended(Exchange x, End how) {
        require(x.ends() == 1, x, "ended " + x.ends() + " times");
        require(x.charge() == null, x, "ended with a claim");
        open.remove(x);
        pushedOut += how == End.PUSHED_OUT ? 1 : 0;
        if (how == End.COMPLETED) {
            require(x.tokens() == x.ask().outputTokens(), x, "looks complete with " + x.tokens() + " tokens");
        }
    }

    private static void require(boolean holds, Exchange x, String what) {
        if (!holds) {
            throw new Violation("request " + x.number() + " " + what);
        }
    }

    private static void require(boolean holds, String what) {
        if (!holds) {
            throw new Violation(what);
        }
    }

    /** What must hold after every event. */
    private void check() {
        int count = 0;
        long bytes = 0;
        int charged = 0;
        Map<String, int[]> counts = new TreeMap<>();
        Map<String, long[]> weights = new TreeMap<>();
        Map<Integer, int[]> bands = new TreeMap<>();
        for (Exchange x : open) {
            switch (x.state()) {
                case QUEUED -> {
                    count++;
                    bytes += x.bytes();
                    counts.computeIfAbsent(key(tenant(x)), k -> new int[1])[0]++;
                    weights.computeIfAbsent(key(tenant(x)), k -> new long[1])[0] += x.bytes();
                    bands.computeIfAbsent(tenant(x).priority(), k -> new int[1])[0]++;
                    long late = loop.now() - deadlines.getOrDefault(x.number(), 0L);
                    require(late <= TICK, x, "waits " + late / MS + " ms beyond its time");
                }
                case SENT, STREAMING -> {
                    charged++;
                    require(x.charge() != null, x, "runs without a claim");
                }
                case DELIVERING -> {}
                case NEW, ENDED -> require(false, x, "is open in state " + x.state());
            }
        }
        require(
                gateway.queue().size() == count,
                "the queue counts " + gateway.queue().size() + ", not " + count);
        require(
                gateway.queue().bytes() == bytes,
                "the queue weighs " + gateway.queue().bytes() + ", not " + bytes);
        require(
                gateway.pool().inFlight() == charged,
                "in flight " + gateway.pool().inFlight() + ", not " + charged);
        require(gateway.flow().granted() == 0, "room is set aside for nobody");
        bounds(count, bytes, counts, weights, bands);
        flows(counts.keySet());
        idle(count, bands);
    }

    private void bounds(
            int count, long bytes, Map<String, int[]> counts, Map<String, long[]> weights, Map<Integer, int[]> bands) {
        FlowSettings settings = rules.settings();
        require(
                count <= settings.total().count() && bytes <= settings.total().bytes(),
                "the queue is beyond its bounds");
        bands.forEach((priority, n) -> require(
                n[0] <= settings.rules(priority).bounds().count(), "band " + priority + " is beyond its bound"));
        counts.forEach((key, n) ->
                require(n[0] <= settings.standard().flowBounds().count(), key + " is beyond its bound by count"));
        weights.forEach((key, n) ->
                require(n[0] <= settings.standard().flowBounds().bytes(), key + " is beyond its bound by bytes"));
        List<Waiting> report = gateway.queue().report();
        require(report.stream().mapToInt(Waiting::count).sum() == count, "the flows do not add up");
        for (Waiting row : report) {
            int[] its = counts.get(row.priority() + "/" + row.flow());
            require(its != null && its[0] == row.count(), row + " is not what waits");
        }
    }

    /** Notes which flows wait, and since when two of them do together. */
    private void flows(Set<String> now) {
        if (now.equals(waiting)) {
            return;
        }
        for (String one : now) {
            for (String other : now) {
                boolean both = waiting.contains(one) && waiting.contains(other);
                if (!one.equals(other) && !both) {
                    since.put(one + " " + other, had.getOrDefault(one, 0.0) - had.getOrDefault(other, 0.0));
                }
            }
        }
        waiting = new LinkedHashSet<>(now);
    }

    /** Nobody waits for longer than housekeeping takes while there is room that the highest who waits may have. */
    private void idle(int count, Map<Integer, int[]> bands) {
        boolean stuck = false;
        if (count > 0 && gateway.pool().serving() && gateway.pool().room() > 0) {
            int highest =
                    bands.keySet().stream().mapToInt(Integer::intValue).max().orElse(0);
            double saturation = gateway.flow().saturation(loop.now());
            double ceiling = highest < 0 ? 0.5 : 1;
            stuck = Double.isNaN(saturation)
                    || saturation < ceiling
                    || gateway.pool().inFlight() == 0;
        }
        stuckSince = stuck ? Math.min(stuckSince, loop.now()) : Long.MAX_VALUE;
        require(
                !stuck || loop.now() - stuckSince <= TICK + MS,
                "requests wait although there is room, for " + (loop.now() - stuckSince) / MS + " ms");
    }

    /** Runs to the end; the hash of what happened. */
    long run() {
        long steps = 0;
        while (loop.step()) {
            check();
            require(steps++ < 400_000 && loop.now() < 300_000 * MS, "does not end: " + open.size() + " open");
        }
        require(open.isEmpty(), open.size() + " requests never ended");
        require(gateway.pool().inFlight() == 0, "the ledger is not empty");
        for (EndpointReport report : gateway.pool().report(loop.now())) {
            require(report.pendingPrefillTokens() == 0, "prompt tokens are left in the ledger");
        }
        exchanges.forEach(x -> require(x.ends() == 1, x, "has no ending"));
        return loop.traceHash();
    }

    List<Exchange> exchanges() {
        return exchanges;
    }

    /** How many were pushed out. */
    int pushedOut() {
        return pushedOut;
    }

    /** How often two flows' shares were compared. */
    int shares() {
        return shares;
    }
}
