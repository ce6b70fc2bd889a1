package dev.sluice.simulator.harness;

import dev.sluice.core.EndpointReport;
import dev.sluice.core.EndpointStatus;
import dev.sluice.core.Leases;
import dev.sluice.core.Policy;
import dev.sluice.core.PoolSettings;
import dev.sluice.core.flow.AdmissionQueue;
import dev.sluice.simulator.EngineProfile;
import dev.sluice.simulator.KvPin;
import dev.sluice.simulator.fleet.Ask;
import dev.sluice.simulator.fleet.Exchange;
import dev.sluice.simulator.fleet.Exchange.State;
import dev.sluice.simulator.fleet.KvLink;
import dev.sluice.simulator.fleet.KvNetwork;
import dev.sluice.simulator.fleet.KvParams;
import dev.sluice.simulator.fleet.Server;
import dev.sluice.simulator.fleet.VirtualGateway;
import dev.sluice.spi.Role;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * One seed's life of a gateway whose prompts are computed on other engines than its answers, with faults of engines, of their
 * network and of clients. Then the faults stop, everything must end, and nothing may stay pinned. Whatever must always hold is
 * checked after every event: each pinned block is one that the gateway knows of, each claim belongs to an open request, no
 * answer comes from somebody else's KV, no engine dies of what it was sent.
 */
final class SplitWorld extends Life {
    private static final long LEASE = 3000 * MS;
    /** What was released may be pinned for so long still: network, and a transfer that is under way. */
    private static final long GRACE = 1000 * MS;

    private final KvNetwork network;
    private final FaultySplit gateway;
    private final Map<String, Role> roles = new LinkedHashMap<>();
    private final Set<String> takenUp = new LinkedHashSet<>();
    private final Map<Long, String> handed = new LinkedHashMap<>();
    private final Map<String, Long> unknownSince = new LinkedHashMap<>();
    private final Map<String, Release> releases = new LinkedHashMap<>();
    private final Set<String> excused = new LinkedHashSet<>();
    private long lost;

    private record Release(String decode, long at) {}

    SplitWorld(long seed, SplitBug bug) {
        super(seed, 3);
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
        planClients(60 * MS, 5);
        planFaults();
        every(50 * MS, this::housekeeping);
        every(20 * MS, this::scrapes);
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

    @Override
    VirtualGateway gateway() {
        return gateway;
    }

    @Override
    int claims(Exchange x) {
        return gateway.claims(x);
    }

    @Override
    long patience() {
        return random.nextLong(chance(0.5) ? 60 * MS : 600 * MS);
    }

    @Override
    boolean busy() {
        return super.busy() || leased() > 0;
    }

    private int leased() {
        return gateway.leases().count(Leases.State.HELD)
                + gateway.leases().count(Leases.State.LEFT)
                + gateway.leases().count(Leases.State.UNSURE);
    }

    private void housekeeping() {
        gateway.leases().expire(loop.now());
        probes();
    }

    @Override
    Ask ask(int group) {
        int tokens = random.nextInt(1, 100) * 16 + random.nextInt(16);
        long[] blocks = blocks(tokens, group);
        int output = chance(0.1) ? 1 : random.nextInt(1, 40);
        return new Ask(tokens, blocks, blocks.length, output, output, "", !chance(0.25));
    }

    @Override
    void special(int kind, String id, Server server, long pause) {
        if (kind == 6) {
            String other = any();
            network.cut(id, other, true);
            excuse(id);
            excuse(other);
            loop.in(pause, () -> network.cut(id, other, false));
        } else {
            network.loseReleases(true);
            loop.in(pause, () -> network.loseReleases(false));
        }
    }

    @Override
    void crashed(String id) {
        excuse(id);
    }

    @Override
    void healed(String id) {
        network.loseReleases(false);
        fleet.keySet().forEach(other -> network.cut(id, other, false));
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

    @Override
    void check(long step) {
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

    @Override
    void over() {
        loop.runUntil(loop.now() + 2 * LEASE);
        fleet.forEach((id, server) -> require(
                server.engine().kv().pinnedBlocks() == 0, id + " still has pinned blocks when all leases are over"));
        require(leased() == 0, "leases are counted that are over");
    }

    long prefilled() {
        return gateway.prefilled();
    }

    long ended(Leases.End how) {
        return gateway.leases().ended(how);
    }
}
