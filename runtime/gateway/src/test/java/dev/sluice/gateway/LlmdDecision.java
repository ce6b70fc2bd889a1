package dev.sluice.gateway;

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
import dev.sluice.core.Snapshot;
import dev.sluice.spi.Signal;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Decides a case: its candidates as a pool that knows of them what the case says, and nothing else. */
final class LlmdDecision {
    private LlmdDecision() {}

    static Explanation of(Policy policy, LlmdCase wanted) {
        Pool pool = new Pool(PoolSettings.of("p"));
        pool.setEndpoints(
                wanted.candidates().stream().map(LlmdCase.Candidate::endpoint).toList(), 0);
        wanted.candidates().forEach(c -> pool.probeSucceeded(c.endpoint().id(), List.of("m"), 0));
        Snapshot snapshot = pool.snapshot(0);
        for (int row = 0; row < snapshot.size(); row++) {
            for (Map.Entry<Signal, Double> signal :
                    signals(wanted, snapshot.endpoint(row).id()).entrySet()) {
                snapshot = snapshot.with(row, signal.getKey(), signal.getValue());
            }
        }
        RoutingRequest request = new RoutingRequest(
                "r",
                "anonymous",
                "m",
                "/v1/chat/completions",
                name -> Optional.empty(),
                wanted.sessionAt().isEmpty() ? Optional.empty() : Optional.of("s"),
                0,
                wanted.promptTokens(),
                0,
                100,
                16,
                true,
                () -> "");
        Placement placement = new Placement(request, snapshot, new int[16], wanted.sessionAt(), Set.of(), Set.of(), 7);
        Decision decision = Scheduler.decide(policy, placement, Faults.IGNORED);
        return Explainer.explain(decision);
    }

    private static Map<Signal, Double> signals(LlmdCase wanted, String id) {
        return wanted.candidates().stream()
                .filter(candidate -> candidate.endpoint().id().equals(id))
                .findFirst()
                .orElseThrow()
                .signals();
    }
}
