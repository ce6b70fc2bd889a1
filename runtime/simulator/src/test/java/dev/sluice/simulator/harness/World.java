package dev.sluice.simulator.harness;

import dev.sluice.core.Charge;
import dev.sluice.core.Decision;
import dev.sluice.core.EndpointReport;
import dev.sluice.core.Outcome;
import dev.sluice.core.PoolSettings;
import dev.sluice.core.Sabotage;
import dev.sluice.core.flow.AdmissionQueue;
import dev.sluice.simulator.EngineProfile;
import dev.sluice.simulator.fleet.Ask;
import dev.sluice.simulator.fleet.Exchange;
import dev.sluice.simulator.fleet.Server;
import dev.sluice.simulator.fleet.VirtualGateway;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The life of a gateway whose engines do all by themselves, with endpoints that come and go and clients that read slowly. */
final class World extends Life {
    /** Room that a probe brings back is given away at the next tick. */
    private static final long PATIENCE = 60 * MS;

    private static final int QUEUE_COUNT = 6;
    private static final long QUEUE_BYTES = 12_000;

    private final FaultyGateway gateway;
    private final Set<String> listed = new LinkedHashSet<>();
    private final Map<Long, Set<String>> rules = new LinkedHashMap<>();
    private final Map<Long, Set<String>> legsOf = new LinkedHashMap<>();
    private final Map<Long, Integer> failures = new LinkedHashMap<>();
    private final int concurrency;
    private final double slowShare;
    private final double ruleShare;
    private int names;
    private long idleSince = Long.MAX_VALUE;

    World(long seed, Bug bug) {
        super(seed, 1);
        concurrency = random.nextInt(1, 6);
        cancelShare = chance(0.5) ? random.nextDouble(0.4) : 0;
        slowShare = chance(0.3) ? 0.3 : 0;
        ruleShare = chance(0.3) ? 0.3 : 0;
        PoolSettings settings = new PoolSettings(
                "world",
                concurrency,
                16,
                random.nextInt(2, 6),
                Duration.ofMillis(200),
                chance(0.5) ? Duration.ofMillis(500) : Duration.ZERO,
                new PoolSettings.Priors(20_000, 5, 8, 0.05, 4096));
        int bound = bug == Bug.UNBOUNDED_QUEUE ? 1_000_000 : QUEUE_COUNT;
        VirtualGateway.Limits limits = new VirtualGateway.Limits(
                new AdmissionQueue.Bounds(bound, bug == Bug.UNBOUNDED_QUEUE ? 1L << 40 : QUEUE_BYTES),
                random.nextLong(50, 2000) * MS,
                2000 * MS,
                1000 * MS);
        gateway = new FaultyGateway(loop, settings, limits, Policies.leastWork(), bug, this);
        int endpoints = random.nextInt(1, 5);
        for (int i = 0; i < endpoints; i++) {
            add();
        }
        gateway.endpoints(servers());
        planClients(30 * MS, 3);
        planFaults();
        every(50 * MS, this::probes);
        every(20 * MS, this::scrapes);
    }

    private void add() {
        String id = "e" + names++;
        EngineProfile profile = EngineProfile.llama8b()
                .withCache(random.nextInt(80, 400), 16)
                .withLimits(random.nextInt(1, 8), 512, 4096, chance(0.3) ? random.nextInt(1, 5) : 0);
        Server server = new Server(loop, profile, random.nextLong());
        server.delay(chance(0.5) ? random.nextLong(3 * MS) : 0);
        server.reportCached(!chance(0.2));
        fleet.put(id, server);
        listed.add(id);
    }

    private Map<String, Server> servers() {
        Map<String, Server> map = new LinkedHashMap<>();
        listed.forEach(id -> {
            Server server = fleet.get(id);
            if (server != null) {
                map.put(id, server);
            }
        });
        return map;
    }

    @Override
    VirtualGateway gateway() {
        return gateway;
    }

    @Override
    int claims(Exchange x) {
        return x.charge() == null ? 0 : 1;
    }

    @Override
    long patience() {
        return random.nextLong(600 * MS);
    }

    @Override
    Set<String> listed() {
        return listed;
    }

    @Override
    Ask ask(int group) {
        int tokens = chance(0.02) ? 5000 : random.nextInt(1, 60) * 16 + random.nextInt(16);
        long[] blocks = blocks(tokens, group);
        int output = random.nextInt(1, 40);
        return new Ask(
                tokens,
                blocks,
                blocks.length,
                output,
                chance(0.5) ? output + random.nextInt(10) : 0,
                chance(0.3) ? "s" + group : "",
                !chance(0.25));
    }

    @Override
    void special(int kind, String id, Server server, long pause) {
        if (kind == 6) {
            server.engine().resizeCache(random.nextInt(70, 200));
        } else {
            churn();
        }
    }

    private void churn() {
        if (chance(0.5) || listed.size() < 2) {
            add();
        } else {
            List<String> ids = new ArrayList<>(listed);
            listed.remove(ids.get(random.nextInt(ids.size())));
        }
        gateway.endpoints(servers());
    }

    Set<String> allowed(Exchange x) {
        return rules.computeIfAbsent(x.number(), n -> {
            List<String> ids = new ArrayList<>(fleet.keySet());
            return chance(ruleShare) ? Set.of(ids.get(random.nextInt(ids.size())), "nowhere") : Set.of();
        });
    }

    long readingTime(Exchange x) {
        return x.ask().outputTokens() % 10 < slowShare * 10 ? 3L * x.ask().outputTokens() * MS : 0;
    }

    void charged(Exchange x, Decision decision, Charge charge) {
        String id = charge.endpointId();
        Set<String> rule = allowed(x);
        require(rule.isEmpty() || rule.contains(id), x, "went to " + id + ", allowed is " + rule);
        require(listed.contains(id), x, "went to " + id + ", which is not there");
        require(decision.endpoint().id().equals(id), x, "was charged to another endpoint than decided");
        require(legsOf.computeIfAbsent(x.number(), n -> new LinkedHashSet<>()).add(id), x, "tried " + id + " twice");
        require(x.tokens() == 0, x, "was sent again after its client had seen a token");
        require(x.attempts() < VirtualGateway.MOST_ATTEMPTS, x, "had too many attempts");
        int failed = failures.getOrDefault(x.number(), 0);
        require(failed < VirtualGateway.BUDGETED_ATTEMPTS, x, "was tried again after " + failed + " failures");
    }

    void legFailed(Exchange x, Outcome outcome) {
        if (outcome != Outcome.UNREACHABLE) {
            failures.merge(x.number(), 1, Integer::sum);
        }
    }

    @Override
    void check(long step) {
        if (step % 16 == 0) {
            checkSlots();
        }
        int waiting = 0;
        long bytes = 0;
        int charged = 0;
        for (Exchange x : open) {
            boolean claims = x.charge() != null;
            switch (x.state()) {
                case QUEUED -> {
                    waiting++;
                    bytes += x.bytes();
                    require(!claims, x, "waits with a claim");
                }
                case SENT, STREAMING -> {
                    charged++;
                    require(claims, x, "runs without a claim");
                }
                case DELIVERING -> require(!claims, x, "is delivered with a claim");
                case NEW, ENDED -> require(false, x, "is open in state " + x.state());
            }
        }
        require(
                gateway.queue().size() == waiting,
                "the queue counts " + gateway.queue().size() + ", not " + waiting);
        require(
                gateway.queue().bytes() == bytes,
                "the queue weighs " + gateway.queue().bytes() + ", not " + bytes);
        require(waiting <= QUEUE_COUNT && bytes <= QUEUE_BYTES, "the queue is beyond its bounds");
        require(
                gateway.pool().inFlight() == charged,
                "in flight " + gateway.pool().inFlight() + ", not " + charged);
        boolean stuck = waiting > 0 && gateway.pool().room() > 0;
        idleSince = stuck ? Math.min(idleSince, loop.now()) : Long.MAX_VALUE;
        require(!stuck || loop.now() - idleSince < PATIENCE, "requests wait although there is room");
    }

    private void checkSlots() {
        List<Integer> used = Sabotage.slots(gateway.pool());
        require(new LinkedHashSet<>(used).size() == used.size(), "a slot is used twice: " + used);
        for (int slot = 0; slot < gateway.index().slots(); slot++) {
            require(used.contains(slot) || gateway.index().size(slot) == 0, "the index knows a slot without endpoint");
        }
        for (EndpointReport report : gateway.pool().report(loop.now())) {
            require(report.inFlight() >= 0, report.endpoint().id() + " has " + report.inFlight() + " in flight");
            require(report.inFlight() <= concurrency, report.endpoint().id() + " has more than it may have");
        }
    }

    @Override
    void over() {
        checkSlots();
    }
}
