package dev.sluice.simulator.harness;

import dev.sluice.core.Charge;
import dev.sluice.core.Decision;
import dev.sluice.core.EndpointReport;
import dev.sluice.core.Outcome;
import dev.sluice.core.PoolSettings;
import dev.sluice.core.Sabotage;
import dev.sluice.core.flow.AdmissionQueue;
import dev.sluice.simulator.EngineProfile;
import dev.sluice.simulator.Hashes;
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

/**
 * One seed's life of a gateway: clients, engines, faults, drawn per seed (a swarm: most kinds of faults are off in most
 * seeds, so that each is also seen alone). Then the faults stop and everything must end. Whatever must always hold is
 * checked after every event.
 */
final class World {
    private static final long MS = 1_000_000;
    /** Room that a probe brings back is given away at the next tick. */
    private static final long PATIENCE = 60 * MS;

    private static final int QUEUE_COUNT = 6;
    private static final long QUEUE_BYTES = 12_000;

    private final SplittableRandom random;
    private final EventLoop loop;
    private final FaultyGateway gateway;
    private final Map<String, Server> fleet = new LinkedHashMap<>();
    private final Set<String> listed = new LinkedHashSet<>();
    private final List<Exchange> exchanges = new ArrayList<>();
    private final Set<Exchange> open = new LinkedHashSet<>();
    private final Map<Long, Set<String>> rules = new LinkedHashMap<>();
    private final Map<Long, Set<String>> legsOf = new LinkedHashMap<>();
    private final Map<Long, Integer> failures = new LinkedHashMap<>();
    private final int concurrency;
    private final double cancelShare;
    private final double slowShare;
    private final double ruleShare;
    private int names;
    private int left;
    private boolean faultsOver;
    private long idleSince = Long.MAX_VALUE;

    /** What went wrong. */
    static final class Violation extends AssertionError {
        private static final long serialVersionUID = 1L;

        Violation(String message) {
            super(message);
        }
    }

    World(long seed, Bug bug) {
        random = new SplittableRandom(seed * 0x9E3779B97F4A7C15L + 1);
        loop = new EventLoop(seed);
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
        planClients();
        planFaults();
        every(50 * MS, this::housekeeping);
        every(20 * MS, this::scrapes);
    }

    private boolean chance(double p) {
        return random.nextDouble() < p;
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
            loop.in(random.nextLong(5 * MS), () -> {
                if (server != null && server.answers()) {
                    gateway.pool().probeSucceeded(id, List.of("m"), loop.now());
                } else {
                    gateway.pool().probeFailed(id, "no answer", loop.now());
                }
            });
        }
    }

    private void scrapes() {
        listed.forEach(id -> {
            Server server = fleet.get(id);
            if (server != null && server.answers()) {
                gateway.pool().scraped(id, server.scrape(), loop.now());
            } else {
                gateway.pool().scrapeLost(id);
            }
        });
    }

    private void planClients() {
        int requests = random.nextInt(20, 60);
        double mean = random.nextDouble(3, 60) * MS;
        left = requests;
        long at = 30 * MS;
        for (int i = 0; i < requests; i++) {
            at += (long) (-Math.log(1 - random.nextDouble()) * mean);
            Ask ask = ask(random.nextInt(6));
            double cancel = random.nextDouble();
            long patience = random.nextLong(600 * MS);
            loop.at(at, () -> {
                left--;
                Exchange x = gateway.arrive(ask);
                exchanges.add(x);
                if (x.state() != State.ENDED) {
                    open.add(x);
                }
                if (cancel < cancelShare) {
                    loop.in(patience, () -> gateway.cancel(x));
                }
            });
        }
    }

    private Ask ask(int group) {
        int tokens = chance(0.02) ? 5000 : random.nextInt(1, 60) * 16 + random.nextInt(16);
        long[] blocks = new long[tokens / 16];
        long parent = group;
        int shared = random.nextInt(1, 60);
        for (int i = 0; i < blocks.length; i++) {
            parent = Hashes.next(parent, i < shared ? group : random.nextLong());
            blocks[i] = parent;
        }
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

    private void planFaults() {
        boolean[] kinds = new boolean[8];
        for (int i = 0; i < kinds.length; i++) {
            kinds[i] = chance(0.35);
        }
        int count = random.nextInt(0, 12);
        for (int i = 0; i < count; i++) {
            int kind = random.nextInt(kinds.length);
            if (kinds[kind]) {
                long at = random.nextLong(1500 * MS);
                loop.at(at, () -> fault(kind));
            }
        }
        loop.at(1800 * MS, this::stopFaults);
    }

    private void fault(int kind) {
        List<String> ids = new ArrayList<>(fleet.keySet());
        Server server = fleet.get(ids.get(random.nextInt(ids.size())));
        if (server == null || faultsOver) {
            return;
        }
        long pause = random.nextLong(400 * MS);
        switch (kind) {
            case 0 -> {
                server.refuse(true);
                loop.in(pause, () -> server.refuse(false));
            }
            case 1 -> {
                server.crash();
                loop.in(pause, server::restart);
            }
            case 2 -> {
                server.stall(true);
                loop.in(pause, () -> server.stall(false));
            }
            case 3 -> server.cutOne();
            case 4 -> server.cutAll();
            case 5 -> server.engine().slowDown(random.nextDouble(0.5, 8));
            case 6 -> server.engine().resizeCache(random.nextInt(70, 200));
            default -> churn();
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

    private void stopFaults() {
        faultsOver = true;
        fleet.values().forEach(server -> {
            server.restart();
            server.refuse(false);
            server.stall(false);
            server.engine().slowDown(1);
        });
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

    void ended(Exchange x) {
        require(x.ends() == 1, x, "ended " + x.ends() + " times");
        require(x.charge() == null, x, "ended with a claim");
        open.remove(x);
        if (x.end() == End.COMPLETED) {
            require(x.tokens() == x.ask().outputTokens(), x, "looks complete with " + x.tokens() + " tokens");
        }
    }

    private void require(boolean holds, Exchange x, String what) {
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

    /** Runs to the end; the hash of what happened. */
    long run() {
        long steps = 0;
        while (loop.step()) {
            check();
            if (steps++ % 16 == 0) {
                checkSlots();
            }
            require(steps < 400_000 && loop.now() < 120_000 * MS, "does not end: " + open.size() + " open");
        }
        checkSlots();
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
}
