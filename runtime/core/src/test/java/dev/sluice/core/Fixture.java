package dev.sluice.core;

import dev.sluice.core.Policy.Named;
import dev.sluice.core.Policy.Profile;
import dev.sluice.core.Policy.Weighted;
import dev.sluice.spi.Endpoint;
import dev.sluice.spi.Filter;
import dev.sluice.spi.Picker;
import dev.sluice.spi.ProfileHandler;
import dev.sluice.spi.Request;
import dev.sluice.spi.Role;
import dev.sluice.spi.Scorer;
import dev.sluice.spi.Signal;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;

/** A pool of endpoints e0, e1, … and the plainest policies. */
final class Fixture {
    static final long MS = 1_000_000;
    static final long SECOND = 1_000_000_000;

    final Pool pool;
    long now = SECOND;

    Fixture(int endpoints) {
        this(endpoints, settings(256, Duration.ZERO));
    }

    Fixture(int endpoints, PoolSettings settings) {
        pool = new Pool(settings);
        pool.setEndpoints(endpoints(endpoints), now);
        IntStream.range(0, endpoints).forEach(i -> up("e" + i));
    }

    static PoolSettings settings(int concurrency, Duration slowStart) {
        return new PoolSettings(
                "test", concurrency, 16, 5, Duration.ofSeconds(1), slowStart, PoolSettings.Priors.DEFAULT);
    }

    static List<Endpoint> endpoints(int count) {
        return IntStream.range(0, count).mapToObj(Fixture::endpoint).toList();
    }

    static Endpoint endpoint(int i) {
        return new Endpoint("e" + i, "10.0.0." + i + ":8000", Role.BOTH, Map.of());
    }

    void up(String id) {
        pool.probeSucceeded(id, List.of("m"), now);
    }

    Charge charge(String id) {
        return charge(id, new Work(1000, 0, 100));
    }

    Charge charge(String id, Work work) {
        return tryCharge(id, work).orElseThrow();
    }

    Optional<Charge> tryCharge(String id, Work work) {
        Snapshot snapshot = pool.snapshot(now);
        return pool.charge(snapshot, row(snapshot, id), work, work.cachedTokens(), now);
    }

    void settle(Charge charge, Outcome outcome) {
        pool.settle(charge, outcome, Usage.UNKNOWN, 0, 0, now);
    }

    /** A request that is answered after so many ms, with so many tokens computed. */
    void answered(String id, int tokens, double ms) {
        Charge charge = charge(id, new Work(tokens, 0, 1));
        now += (long) (ms * MS);
        pool.firstToken(charge, now);
        settle(charge, Outcome.COMPLETED);
    }

    void fail(String id, int times) {
        for (int i = 0; i < times; i++) {
            settle(charge(id), Outcome.FAILED);
        }
    }

    static int row(Snapshot snapshot, String id) {
        return IntStream.range(0, snapshot.size())
                .filter(i -> snapshot.endpoint(i).id().equals(id))
                .findFirst()
                .orElseThrow();
    }

    double signal(String id, Signal signal) {
        Snapshot snapshot = pool.snapshot(now);
        return snapshot.signal(row(snapshot, id), signal);
    }

    EndpointStatus status(String id) {
        return report(id).status();
    }

    EndpointReport report(String id) {
        return pool.report(now).stream()
                .filter(r -> r.endpoint().id().equals(id))
                .findFirst()
                .orElseThrow();
    }

    Placement placement(int... cachedBlocks) {
        return placement(Set.of(), Set.of(), 1, cachedBlocks);
    }

    Placement placement(Set<String> allowed, Set<String> excluded, long seed, int... cachedBlocks) {
        return new Placement(request(), pool.snapshot(now), cachedBlocks, "", allowed, excluded, seed);
    }

    static RoutingRequest request() {
        return new RoutingRequest(
                "r1",
                "anonymous",
                "m",
                "/v1/completions",
                h -> Optional.empty(),
                Optional.empty(),
                0,
                1600,
                0,
                100,
                16,
                true,
                () -> "text");
    }

    /** Highest total first; the random source breaks ties. */
    static final Picker BEST = (request, candidates, totals, order, random) -> {
        int best = 0;
        for (int i = 1; i < totals.length; i++) {
            if (totals[i] > totals[best] || (totals[i] == totals[best] && random.nextBoolean())) {
                best = i;
            }
        }
        order[0] = best;
        return 1;
    };

    /** Fewest uncached and pending tokens. */
    static final Scorer LEAST = (request, candidates, scores) -> {
        for (int i = 0; i < scores.length; i++) {
            double tokens = candidates.signal(i, Signal.PENDING_PREFILL_TOKENS)
                    + request.promptTokens()
                    - candidates.signal(i, Signal.CACHED_TOKENS);
            scores[i] = 1 / (1 + tokens / 1000);
        }
    };

    static final ProfileHandler ALL_IN_ORDER = new ProfileHandler() {
        @Override
        public Optional<String> next(Request request, List<String> profiles, List<String> done) {
            return profiles.stream().filter(p -> !done.contains(p)).findFirst();
        }

        @Override
        public String primary(Request request, List<String> done) {
            return done.getLast();
        }
    };

    static Policy policy(Scorer... scorers) {
        return policy(List.of(), BEST, scorers);
    }

    static Policy policy(List<Filter> filters, Picker picker, Scorer... scorers) {
        return new Policy("p", List.of(), List.of(), handler(), List.of(profile("default", filters, picker, scorers)));
    }

    static Named<ProfileHandler> handler() {
        return new Named<>("all", "all", ALL_IN_ORDER);
    }

    static Profile profile(String name, List<Filter> filters, Picker picker, Scorer... scorers) {
        List<Named<Filter>> named = new ArrayList<>();
        filters.forEach(f -> named.add(new Named<>("filter", "filter" + named.size(), f)));
        List<Weighted> weighted = new ArrayList<>();
        Arrays.stream(scorers)
                .forEach(s -> weighted.add(new Weighted(new Named<>("scorer", "scorer" + weighted.size(), s), 1)));
        return new Profile(name, named, weighted, new Named<>("picker", "picker", picker));
    }

    /** A scorer that returns these numbers. */
    static Scorer scores(double... values) {
        return (request, candidates, scores) -> System.arraycopy(values, 0, scores, 0, scores.length);
    }
}
