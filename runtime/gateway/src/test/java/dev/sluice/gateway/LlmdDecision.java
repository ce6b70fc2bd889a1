package dev.sluice.gateway;

import dev.sluice.core.Adapters;
import dev.sluice.core.Decision;
import dev.sluice.core.Explainer;
import dev.sluice.core.Explanation;
import dev.sluice.core.Faults;
import dev.sluice.core.Placement;
import dev.sluice.core.Policy;
import dev.sluice.core.Pool;
import dev.sluice.core.PoolSettings;
import dev.sluice.core.RoutingRequest;
import dev.sluice.core.Scheduler;
import dev.sluice.core.Scrape;
import dev.sluice.core.Snapshot;
import dev.sluice.gateway.tenant.Tenant;
import dev.sluice.spi.Signal;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;

/** Decides a case: its candidates as a pool that knows of them what the case says, and nothing else. */
final class LlmdDecision {
    private LlmdDecision() {}

    static Explanation of(Policy policy, LlmdCase wanted) {
        Pool pool = new Pool(settings(wanted));
        pool.setEndpoints(
                wanted.candidates().stream().map(LlmdCase.Candidate::endpoint).toList(), 0);
        wanted.candidates().forEach(c -> pool.probeSucceeded(c.endpoint().id(), List.of("m"), 0));
        wanted.candidates().stream()
                .filter(c -> c.signals().containsKey(Signal.ADAPTERS))
                .forEach(c -> pool.scraped(c.endpoint().id(), adapters(c.signals()), 0));
        Snapshot snapshot = pool.snapshot(0);
        for (int row = 0; row < snapshot.size(); row++) {
            for (Map.Entry<Signal, Double> signal :
                    signals(wanted, snapshot.endpoint(row).id()).entrySet()) {
                snapshot = snapshot.with(row, signal.getKey(), signal.getValue());
            }
        }
        Function<String, Optional<String>> headers =
                name -> Optional.ofNullable(wanted.headers().get(name));
        RoutingRequest request = new RoutingRequest(
                "r",
                "anonymous",
                "m",
                "/v1/chat/completions",
                headers,
                wanted.sessionAt().isEmpty() ? Optional.empty() : Optional.of("s"),
                0,
                wanted.promptTokens(),
                0,
                100,
                16,
                true,
                () -> "",
                new ClientWishes(headers, Tenant.EVERYBODY),
                false);
        Placement placement = new Placement(
                wanted.prefills().isPresent() ? request.split() : request,
                snapshot,
                new int[16],
                wanted.sessionAt(),
                Set.of(),
                Set.of(),
                7);
        Decision decision = Scheduler.decide(policy, placement, Faults.IGNORED);
        return Explainer.explain(decision);
    }

    /** A page of an engine with so many adapters, the request's among them or not. */
    private static Scrape adapters(Map<Signal, Double> signals) {
        List<String> running = new ArrayList<>();
        List<String> waiting = signals.getOrDefault(Signal.ADAPTER_WAITING, 0.0) > 0 ? List.of("m") : List.of();
        if (signals.getOrDefault(Signal.ADAPTER_RUNNING, 0.0) > 0) {
            running.add("m");
        }
        while (running.size() + waiting.size() < signals.getOrDefault(Signal.ADAPTERS, 0.0)) {
            running.add("other-" + running.size());
        }
        Adapters adapters = new Adapters(running, waiting, signals.getOrDefault(Signal.MAX_ADAPTERS, Double.NaN));
        return new Scrape(Double.NaN, Double.NaN, Double.NaN, 16, Double.NaN, adapters, Map.of());
    }

    private static PoolSettings settings(LlmdCase wanted) {
        PoolSettings base = PoolSettings.of("p");
        return wanted.prefills().isEmpty()
                ? base
                : new PoolSettings(
                        base.name(),
                        base.concurrency(),
                        base.blockSize(),
                        base.ejectAfter(),
                        base.ejection(),
                        base.slowStart(),
                        base.priors(),
                        PoolSettings.Moves.PLAIN);
    }

    private static Map<Signal, Double> signals(LlmdCase wanted, String id) {
        return wanted.candidates().stream()
                .filter(candidate -> candidate.endpoint().id().equals(id))
                .findFirst()
                .orElseThrow()
                .signals();
    }
}
