package dev.sluice.core;

import dev.sluice.core.Policy.Named;
import dev.sluice.core.Policy.Profile;
import dev.sluice.spi.Endpoint;
import dev.sluice.spi.Filter;
import dev.sluice.spi.Pairs;
import dev.sluice.spi.ProfileHandler;
import dev.sluice.spi.Request;
import dev.sluice.spi.Role;
import dev.sluice.spi.Split;
import dev.sluice.spi.Stages;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Two prefill endpoints p0 and p1, two decode endpoints d0 and d1, and a handler that splits by what a test says. */
final class SplitFixture {
    static final long MS = 1_000_000;
    static final int P0 = 0;
    static final int P1 = 1;
    static final int D0 = 2;
    static final int D1 = 3;

    final Pool pool;
    final long[] now = {1_000 * MS};

    SplitFixture(PoolSettings.Moves moves) {
        this(moves, false);
    }

    SplitFixture(PoolSettings.Moves moves, boolean pulls) {
        pool = new Pool(new PoolSettings(
                "test", 4, 16, 5, Duration.ofSeconds(1), Duration.ZERO, PoolSettings.Priors.DEFAULT, moves, pulls));
        List<Endpoint> all = new ArrayList<>();
        for (String id : List.of("p0", "p1", "d0", "d1")) {
            String zone = id.endsWith("0") ? "a" : "b";
            Role role = id.startsWith("p") ? Role.PREFILL : Role.DECODE;
            all.add(new Endpoint(id, id + ":8000", role, Map.of("zone", zone)));
        }
        pool.setEndpoints(all, now[0]);
        all.forEach(e -> pool.probeSucceeded(e.id(), List.of("m"), now[0]));
    }

    static RoutingRequest request(int maxTokens) {
        RoutingRequest plain = Fixture.request();
        return new RoutingRequest(
                        "r1",
                        "anonymous",
                        "m",
                        "/v1/completions",
                        plain.headers(),
                        Optional.empty(),
                        0,
                        1600,
                        maxTokens,
                        100,
                        16,
                        true,
                        () -> "")
                .split();
    }

    Placement placement(RoutingRequest request, Set<String> excluded, Set<String> excludedPrefill) {
        return new Placement(
                request,
                pool.snapshot(now[0]),
                new int[0],
                "",
                Set.of(),
                excluded,
                1,
                new Splitting(excludedPrefill, false));
    }

    Decision decide(Optional<Split> together) {
        return decide(request(0), Set.of(), Set.of(), together);
    }

    Decision decide(
            RoutingRequest request, Set<String> excluded, Set<String> excludedPrefill, Optional<Split> together) {
        return Scheduler.decide(policy(together), placement(request, excluded, excludedPrefill), Faults.IGNORED);
    }

    static Policy policy(Optional<Split> together) {
        Filter decode = (request, set, keep) -> {
            for (int i = 0; i < keep.length; i++) {
                keep[i] = set.endpoint(i).role() == Role.DECODE;
            }
        };
        Filter prefill = (request, set, keep) -> {
            for (int i = 0; i < keep.length; i++) {
                keep[i] = set.endpoint(i).role() == Role.PREFILL;
            }
        };
        List<Profile> profiles = List.of(
                Fixture.profile("decode", List.of(decode), Fixture.BEST, Fixture.LEAST),
                Fixture.profile("prefill", List.of(prefill), Fixture.BEST, Fixture.LEAST));
        return new Policy("split", List.of(), List.of(), new Named<>("both", "both", new Both(together)), profiles);
    }

    /** Runs both profiles; {@code together} empty leaves it at what they picked. */
    record Both(Optional<Split> together) implements ProfileHandler {
        @Override
        public Optional<String> next(Request request, Stages stages) {
            return stages.done().isEmpty()
                    ? Optional.of("decode")
                    : stages.done().size() == 1 && request.splittable() ? Optional.of("prefill") : Optional.empty();
        }

        @Override
        public Optional<String> next(Request request, List<String> profiles, List<String> done) {
            throw new IllegalStateException("the other one is called");
        }

        @Override
        public String primary(Request request, List<String> done) {
            return "decode";
        }

        @Override
        public Optional<String> prefill(Request request, List<String> done) {
            return done.contains("prefill") ? Optional.of("prefill") : Optional.empty();
        }

        @Override
        public Optional<Split> split(Request request, Pairs pairs) {
            return together;
        }
    }

    /** Both claims of a request from p0 to d0. */
    Pool.Pair charge() {
        return pool.charge(
                        pool.snapshot(now[0]),
                        new Pool.Claim(P0, Work.prefill(1000, 200), 200),
                        new Pool.Claim(D0, Work.decode(1000, 50, true), 100),
                        now[0])
                .orElseThrow();
    }

    void pass(double ms) {
        now[0] += (long) (ms * MS);
    }

    double transferMs(int from, int to, double tokens) {
        return pool.snapshot(now[0]).transferMs(from, to, tokens);
    }
}
