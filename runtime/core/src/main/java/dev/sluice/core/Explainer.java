package dev.sluice.core;

import dev.sluice.spi.Signal;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Explains a decision by making it again, this time writing down what happened. A counterfactual is found the same way: one
 * number of one endpoint is changed, and the policy itself says whether that turns the decision. Third-party parts are not
 * asked again: what they answered then stands.
 */
public final class Explainer {
    private static final int BISECTIONS = 24;

    private Explainer() {}

    /** Explains; the decision made again is the same decision, bit for bit. */
    public static Explanation explain(Decision decision) {
        Trail trail = new Trail();
        Decision again =
                Scheduler.decide(decision.policy(), decision.placement(), Faults.IGNORED, decision.votes(), trail);
        Snapshot snapshot = decision.placement().snapshot();
        List<Explanation.Candidate> candidates = new ArrayList<>();
        for (int row = 0; row < snapshot.size(); row++) {
            candidates.add(candidate(decision, trail, row));
        }
        boolean placed = again.rows().length > 0;
        int winner = placed ? again.row() : -1;
        Trail.Stage serving = trail.serving();
        int second = serving == null ? -1 : runnerUp(serving, winner);
        String note = again.refusal()
                .map(r -> "refused: " + r)
                .orElse(again.fallback().orElse(""));
        return new Explanation(
                decision.placement().request().id(),
                decision.policy().name(),
                List.copyOf(trail.stages.keySet()),
                serving == null ? Map.of() : Collections.unmodifiableMap(serving.weights),
                candidates,
                placed ? snapshot.endpoint(winner).id() : "",
                second < 0 ? "" : snapshot.endpoint(second).id(),
                placed && second >= 0 ? counterfactual(decision, winner, second) : Optional.empty(),
                Map.copyOf(trail.abstained),
                note,
                "",
                "",
                again.disaggregation().map(said -> told(said, snapshot)),
                again.pull()
                        .map(pull -> new Explanation.Pull(
                                snapshot.endpoint(pull.source()).id(),
                                snapshot.endpoint(pull.row()).id(),
                                pull.tokens(),
                                pull.ms(),
                                pull.computeMs())));
    }

    private static Explanation.Disaggregation told(Disaggregation said, Snapshot snapshot) {
        return new Explanation.Disaggregation(
                said.verdict().label(),
                said.prefillRow() < 0
                        ? ""
                        : snapshot.endpoint(said.prefillRow()).id(),
                said.splitMs(),
                said.wholeMs());
    }

    private static Explanation.Candidate candidate(Decision decision, Trail trail, int row) {
        Placement placement = decision.placement();
        Snapshot snapshot = placement.snapshot();
        Map<String, Double> scores = new LinkedHashMap<>();
        Trail.Stage stage = trail.of(row);
        int index = stage == null ? -1 : stage.index(row);
        if (stage != null) {
            stage.scores.forEach((name, values) -> scores.put(name, values[index]));
        }
        String id = snapshot.endpoint(row).id();
        String removed = stage == null ? trail.removed.getOrDefault(row, "") : "";
        if (stage == null && removed.isEmpty()) {
            removed = placement.excluded().contains(id)
                    ? "tried already"
                    : !placement.allowed().isEmpty() && !placement.allowed().contains(id)
                            ? "not allowed"
                            : snapshot.full(row)
                                    ? "full"
                                    : "state " + snapshot.status(row).label();
        }
        return new Explanation.Candidate(
                id,
                snapshot.status(row).label(),
                removed,
                stage == null ? Double.NaN : stage.totals[index],
                scores,
                stage == null ? Map.of() : stage.terms.getOrDefault(row, Map.of()),
                placement.cachedTokens(row),
                snapshot.signal(row, Signal.PENDING_PREFILL_TOKENS),
                source(placement.known(), snapshot.slot(row)));
    }

    private static String source(KnownTokens known, int slot) {
        return known.tokens(slot) < 0 ? "guessed" : known.exact(slot) ? "told" : "at-least";
    }

    private static int runnerUp(Trail.Stage stage, int winner) {
        int second = -1;
        double best = Double.NEGATIVE_INFINITY;
        for (int i = 0; i < stage.rows.length; i++) {
            if (stage.rows[i] != winner && stage.totals[i] > best) {
                best = stage.totals[i];
                second = stage.rows[i];
            }
        }
        return second;
    }

    /** The first question that turns the decision: more cached at the runner-up, less work there, more work at the winner. */
    private static Optional<Explanation.Counterfactual> counterfactual(Decision decision, int winner, int second) {
        Placement placement = decision.placement();
        double pendingThere = placement.snapshot().signal(second, Signal.PENDING_PREFILL_TOKENS);
        double pendingHere = placement.snapshot().signal(winner, Signal.PENDING_PREFILL_TOKENS);
        double most = placement.request().promptTokens() - 1.0;
        return nearest(decision, second, Signal.CACHED_TOKENS, placement.cachedTokens(second), most, second)
                .or(() -> nearest(decision, second, Signal.PENDING_PREFILL_TOKENS, pendingThere, 0, second))
                .or(() -> nearest(
                        decision, winner, Signal.PENDING_PREFILL_TOKENS, pendingHere, pendingHere + 1e7, second))
                .or(() -> nearest(
                        decision,
                        winner,
                        Signal.WAITING,
                        Math.max(0, placement.snapshot().signal(winner, Signal.WAITING)),
                        1e4,
                        second));
    }

    private static Optional<Explanation.Counterfactual> nearest(
            Decision decision, int row, Signal signal, double was, double far, int target) {
        if (was == far || Double.isNaN(was) || pickWith(decision, row, signal, far) != target) {
            return Optional.empty();
        }
        double near = was;
        double turned = far;
        for (int i = 0; i < BISECTIONS; i++) {
            double middle = (near + turned) / 2;
            if (pickWith(decision, row, signal, middle) == target) {
                turned = middle;
            } else {
                near = middle;
            }
        }
        // All these signals are counts: a part of a token helps nobody.
        double whole = far > was ? Math.ceil(turned) : Math.floor(turned);
        if (pickWith(decision, row, signal, whole) == target) {
            turned = whole;
        }
        Snapshot snapshot = decision.placement().snapshot();
        return Optional.of(new Explanation.Counterfactual(
                snapshot.endpoint(row).id(),
                signal.name().toLowerCase(java.util.Locale.ROOT),
                was,
                turned,
                snapshot.endpoint(target).id()));
    }

    private static int pickWith(Decision decision, int row, Signal signal, double value) {
        double asked = signal == Signal.CACHED_TOKENS && value == 0 ? -1 : value;
        Placement changed =
                decision.placement().on(decision.placement().snapshot().with(row, signal, asked));
        Decision again = Scheduler.decideAgain(decision.policy(), changed, Faults.IGNORED, decision.votes());
        return again.rows().length == 0 ? -1 : again.row();
    }
}
