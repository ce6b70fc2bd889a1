package dev.sluice.simulator.harness;

import dev.sluice.core.EndpointReport;
import dev.sluice.core.EndpointStatus;
import dev.sluice.core.Leases;
import dev.sluice.core.Policy;
import dev.sluice.core.PoolSettings;
import dev.sluice.core.flow.AdmissionQueue;
import dev.sluice.simulator.EngineProfile;
import dev.sluice.simulator.Hashes;
import dev.sluice.simulator.KvPin;
import dev.sluice.simulator.fleet.Ask;
import dev.sluice.simulator.fleet.EventLoop;
import dev.sluice.simulator.fleet.Exchange;
import dev.sluice.simulator.fleet.Exchange.End;
import dev.sluice.simulator.fleet.Exchange.State;
import dev.sluice.simulator.fleet.KvLink;
import dev.sluice.simulator.fleet.KvNetwork;
import dev.sluice.simulator.fleet.KvParams;
import dev.sluice.simulator.fleet.Server;
import dev.sluice.simulator.fleet.VirtualGateway;
import dev.sluice.spi.Role;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;

/**
 * One seed's life of a gateway whose prompts are computed on other engines than its answers, with faults of engines, of their
 * network and of clients. Then the faults stop, everything must end, and nothing may stay pinned. Whatever must always hold is
 * checked after every event: each pinned block is one that the gateway knows of, each claim belongs to an open request, no
 * answer comes from somebody else's KV, no engine dies of what it was sent.
 */
final class SplitWorld {
    private static final long MS = 1_000_000;
    private static final long LEASE = 3000 * MS;
    /** What was released may be pinned for so long still: network, and a transfer that is under way. */
    private static final long GRACE = 1000 * MS;

    private final SplittableRandom random;
    private final EventLoop loop;
    private final KvNetwork network;
    private final FaultySplit gateway;
    private final Map<String, Server> fleet = new LinkedHashMap<>();
    private final Map<String, Role> roles = new LinkedHashMap<>();
    private final List<Exchange> exchanges = new ArrayList<>();
    private final Set<Exchange> open = new LinkedHashSet<>();
    private final Set<String> takenUp = new LinkedHashSet<>();
    private final Map<Long, String> handed = new LinkedHashMap<>();
    private final Map<String, Long> unknownSince = new LinkedHashMap<>();
    private final Map<String, Release> releases = new LinkedHashMap<>();
    private final Set<String> excused = new LinkedHashSet<>();
    private final double cancelShare;
    private int left;
    private long lost;
    private boolean faultsOver;

    private record Release(String decode, long at) {}

    SplitWorld(long seed, SplitBug bug) {
        random = new SplittableRandom(seed * 0x9E3779B97F4A7C15L + 3);
        loop = new EventLoop(seed);
        network = new KvNetwork(
                loop, new KvLink(random.nextLong(100 * MS), random.nextLong(MS, 5 * MS), chance(0.3) ? 3e9 : 20e9));
        network.lease(LEASE);
        cancelShare = chance(0.6) ? random.nextDouble(0.5) : 0;
        PoolSettings settings = new PoolSettings(
                "world",
                random.nextInt(2, 8),
                16,
                random.nextInt(2, 6),
                Duration.ofMillis(200),
                Duration.ZERO,
                new PoolSettings.Priors(20_000, 5, 8, 0.05, 4096),
                PoolSettings.Moves.PLAIN,
                chance(0.6));
        VirtualGateway.Limits limits =
                new VirtualGateway.Limits(new AdmissionQueue.Bounds(20, 1L << 20), 2000 * MS, 2000 * MS, 1000 * MS);
        Policy policy = chance(0.5) ? Policies.split() : Policies.always();
        gateway = new FaultySplit(
                loop, settings, limits, chance(0.7) ? Policies.fetching(policy) : policy, network, bug, this);
        add("p", Role.PREFILL, random.nextInt(1, 3));
        add("d", Role.DECODE, random.nextInt(1, 3));
        add("b", Role.BOTH, chance(0.3) ? 1 : 0);
        gateway.endpoints(fleet);
        planClients();
        planFaults();
        every(50 * MS, this::housekeeping);
        every(20 * MS, this::scrapes);
    }

    private boolean chance(double p) {
        return random.nextDouble() < p;
    }

    private void add(String name, Role role, int count) {
        for (int i = 0; i < count; i++) {
            String id = name + i;
            EngineProfile profile = EngineProfile.llama8b()
                    .withCache(random.nextInt(200, 600), 16)
                    .withLimits(random.nextInt(2, 8), 512, 4096, chance(0.2) ? random.nextInt(1, 5) : 0);
            Server server = new Server(loop, profile, random.nextLong(), id, network);
            server.delay(chance(0.5) ? random.nextLong(3 * MS) : 0);
            fleet.put(id, server);
            roles.put(id, role);
            gateway.role(id, role);
        }
    }

    private void every(long period, Runnable action) {
        loop.in(period, () -> {
            action.run();
            if (!faultsOver || !open.isEmpty() || left > 0 || leased() > 0) {
                every(period, action);
            }
        });
    }

    private int leased() {
        return gateway.leases().count(Leases.State.HELD)
                + gateway.leases().count(Leases.State.LEFT)
                + gateway.leases().count(Leases.State.UNSURE);
    }

    private void housekeeping() {
        gateway.leases().expire(loop.now());
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
        fleet.forEach((id, server) -> {
            if (server.answers()) {
                gateway.pool().scraped(id, server.scrape(), loop.now());
            } else {
                gateway.pool().scrapeLost(id);
            }
        });
    }

    private void planClients() {
        int requests = random.nextInt(20, 60);
        double mean = random.nextDouble(5, 60) * MS;
        left = requests;
        long at = 60 * MS;
        for (int i = 0; i < requests; i++) {
            at += (long) (-Math.log(1 - random.nextDouble()) * mean);
            Ask ask = ask(random.nextInt(6));
            double cancel = random.nextDouble();
            long patience = random.nextLong(chance(0.5) ? 60 * MS : 600 * MS);
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
        int tokens = random.nextInt(1, 100) * 16 + random.nextInt(16);
        long[] blocks = new long[tokens / 16];
        long parent = group;
        int shared = random.nextInt(1, 60);
        for (int i = 0; i < blocks.length; i++) {
            parent = Hashes.next(parent, i < shared ? group : random.nextLong());
            blocks[i] = parent;
        }
        int output = chance(0.1) ? 1 : random.nextInt(1, 40);
        return new Ask(tokens, blocks, blocks.length, output, output, "", !chance(0.25));
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
                loop.at(random.nextLong(1500 * MS), () -> fault(kind));
            }
        }
        loop.at(1800 * MS, this::stopFaults);
    }

    private String any() {
        List<String> ids = new ArrayList<>(fleet.keySet());
        return ids.get(random.nextInt(ids.size()));
    }

    private void fault(int kind) {
        String id = any();
        Server server = fleet.get(id);
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
                excuse(id);
                loop.in(pause, server::restart);
            }
            case 2 -> {
                server.stall(true);
                loop.in(pause, () -> server.stall(false));
            }
            case 3 -> server.cutOne();
            case 4 -> server.cutAll();
            case 5 -> server.engine().slowDown(random.nextDouble(0.5, 8));
            case 6 -> {
                String other = any();
                network.cut(id, other, true);
                excuse(id);
                excuse(other);
                loop.in(pause, () -> network.cut(id, other, false));
            }
            default -> {
                network.loseReleases(true);
                loop.in(pause, () -> network.loseReleases(false));
            }
        }
    }

    /** What a decode engine was to release just now it may not have: then only the lease ends it. */
    private void excuse(String decode) {
        releases.forEach((key, release) -> {
            if (release.decode().equals(decode) && loop.now() - release.at() < GRACE) {
                excused.add(key);
            }
        });
        hazards.put(decode, loop.now());
    }

    private final Map<String, Long> hazards = new LinkedHashMap<>();

    private void stopFaults() {
        faultsOver = true;
        network.loseReleases(false);
        fleet.forEach((id, server) -> {
            server.restart();
            server.refuse(false);
            server.stall(false);
            server.engine().slowDown(1);
            fleet.keySet().forEach(other -> network.cut(id, other, false));
        });
    }

    void attempted(Exchange x) {
        require(x.tokens() == 0, x, "was sent again after its client had seen a token");
        require(x.attempts() < VirtualGateway.MOST_ATTEMPTS, x, "had too many attempts");
        require(x.ends() == 0, x, "was sent although it had ended");
    }

    void handedOver(Exchange x, KvParams params) {
        require(!takenUp.contains(params.requestId()), x, "used again what an engine had taken up");
        handed.put(x.number(), params.requestId());
        Role role = roles.get(x.endpoint());
        require(role != Role.PREFILL, x, "generates on a prefill endpoint");
    }

    private final Set<Long> fetchedInVain = new LinkedHashSet<>();
    private int fetches;

    /** An endpoint is told to fetch a beginning of the prompt; {@code computing} is empty when that is not known here. */
    void fetches(Exchange x, String source, String computing) {
        fetches++;
        require(!fetchedInVain.contains(x.number()), x, "is told to fetch again after that had failed");
        require(!source.equals(computing), x, "fetches from itself");
        EndpointReport from = report(source);
        require(
                from.status() == EndpointStatus.READY
                        || from.status() == EndpointStatus.SLOW_START
                        || from.status() == EndpointStatus.DRAINING,
                x,
                "fetches from " + source + ", which is out of service");
    }

    void fetchFailed(Exchange x) {
        fetchedInVain.add(x.number());
    }

    private EndpointReport report(String id) {
        return gateway.pool().report(loop.now()).stream()
                .filter(report -> report.endpoint().id().equals(id))
                .findFirst()
                .orElseThrow();
    }

    /** Some endpoint that is out of service. */
    Optional<String> dead() {
        return gateway.pool().report(loop.now()).stream()
                .filter(report ->
                        report.status() == EndpointStatus.EJECTED || report.status() == EndpointStatus.PROBING)
                .map(report -> report.endpoint().id())
                .findFirst();
    }

    int fetches() {
        return fetches;
    }

    long fetchesArrived() {
        return network.cachedTransfers();
    }

    int fetchesFailed() {
        return fetchedInVain.size();
    }

    /** The engine of the last leg may have taken up what it was handed. */
    void touched(Exchange x) {
        String key = handed.get(x.number());
        if (key != null) {
            takenUp.add(key);
        }
    }

    void released(String key, String decode) {
        releases.put(key, new Release(decode, loop.now()));
        Server server = fleet.get(decode);
        // One that refuses connections never saw the leg that was cut: the gateway would have found that out a moment
        // later.
        boolean deaf = server == null || !server.answers();
        if (deaf || loop.now() - hazards.getOrDefault(decode, -GRACE) < GRACE) {
            excused.add(key);
        }
    }

    void ended(Exchange x) {
        require(x.ends() == 1, x, "ended " + x.ends() + " times");
        require(gateway.claims(x) == 0, x, "ended with a claim");
        open.remove(x);
        if (x.end() == End.COMPLETED) {
            require(x.tokens() == x.ask().outputTokens(), x, "looks complete with " + x.tokens() + " tokens");
        }
    }

    private static void require(boolean holds, Exchange x, String what) {
        require(holds, "request " + x.number() + " " + what);
    }

    private static void require(boolean holds, String what) {
        if (!holds) {
            throw new World.Violation(what);
        }
    }

    /** What must hold after every event. */
    private void check() {
        int claims = 0;
        for (Exchange x : open) {
            int own = gateway.claims(x);
            claims += own;
            require(own > 0 || (x.state() != State.SENT && x.state() != State.STREAMING), x, "runs without a claim");
        }
        require(
                gateway.pool().inFlight() == claims,
                "in flight " + gateway.pool().inFlight() + ", not " + claims);
        require(network.corrupt() == 0, "an answer came from other KV than its prompt's");
        fleet.forEach((id, server) -> require(server.deaths() == 0, id + " died of what it was sent"));
        pins();
    }

    private void pins() {
        if (network.lost() != lost) {
            // Whose release was lost nobody can know: only leases end these.
            lost = network.lost();
            fleet.values().forEach(server -> server.engine().kv().pins().forEach(pin -> excused.add(pin.key())));
        }
        fleet.forEach((id, server) -> {
            for (KvPin pin : server.engine().kv().pins()) {
                if (gateway.tracks(pin.key()) || excused.contains(pin.key())) {
                    unknownSince.remove(pin.key());
                    continue;
                }
                long since = unknownSince.computeIfAbsent(pin.key(), k -> loop.now());
                require(loop.now() - since < GRACE, "blocks are pinned as " + pin.key() + " and nobody knows");
            }
        });
    }

    /** Runs to the end; the hash of what happened. */
    long run() {
        long steps = 0;
        while (loop.step()) {
            check();
            require(steps++ < 400_000 && loop.now() < 120_000 * MS, "does not end: " + open.size() + " open");
        }
        require(open.isEmpty(), open.size() + " requests never ended");
        require(gateway.pool().inFlight() == 0, "the ledger is not empty");
        for (EndpointReport report : gateway.pool().report(loop.now())) {
            require(report.pendingPrefillTokens() == 0, "prompt tokens are left in the ledger");
        }
        exchanges.forEach(x -> require(x.ends() == 1, x, "has no ending"));
        loop.runUntil(loop.now() + 2 * LEASE);
        fleet.forEach((id, server) -> require(
                server.engine().kv().pinnedBlocks() == 0, id + " still has pinned blocks when all leases are over"));
        require(leased() == 0, "leases are counted that are over");
        return loop.traceHash();
    }

    List<Exchange> exchanges() {
        return exchanges;
    }

    long prefilled() {
        return gateway.prefilled();
    }

    long ended(Leases.End how) {
        return gateway.leases().ended(how);
    }
}
