package dev.sluice.core;

import dev.sluice.core.Policy.Named;
import dev.sluice.core.Policy.Profile;
import dev.sluice.core.Policy.Weighted;
import dev.sluice.spi.Admission;
import dev.sluice.spi.Filter;
import dev.sluice.spi.Producer;
import dev.sluice.spi.Signal;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/**
 * Runs a policy. A plugin that throws, or returns what it must not, loses its vote and never the request; when nothing
 * of the policy's own answer is left, the healthy allowed endpoint with the least work serves, and that is counted.
 * Tenant and model rules are applied before the policy and are never relaxed.
 */
public final class Scheduler {
    private Scheduler() {}

    /** Decides. Pure: the same placement gives the same decision. */
    public static Decision decide(Policy policy, Placement placement, Faults faults) {
        return decide(policy, placement, faults, null);
    }

    static Decision decide(Policy policy, Placement placement, Faults faults, @Nullable Trail trail) {
        int[] rows = serviceable(placement);
        if (rows.length == 0) {
            return refuse(
                    policy,
                    placement,
                    anyInService(placement) ? Decision.Refusal.SATURATED : Decision.Refusal.NO_ENDPOINT);
        }
        SplittableRandom random = new SplittableRandom(placement.seed());
        CandidateSet all = new CandidateSet(placement, rows);
        for (Named<Producer> producer : policy.producers()) {
            guard("producer", producer.name(), faults, () -> producer.part().produce(placement.request(), all, all));
        }
        for (Named<Admission> admission : policy.admissions()) {
            List<String> reasons = new ArrayList<>(1);
            guard(
                    "admission",
                    admission.name(),
                    faults,
                    () -> admission.part().refuse(placement.request(), all).ifPresent(reasons::add));
            if (!reasons.isEmpty()) {
                return refuse(policy, placement, Decision.Refusal.FILTERED);
            }
        }
        return runProfiles(policy, placement, all, random, faults, trail);
    }

    private static Decision runProfiles(
            Policy policy,
            Placement placement,
            CandidateSet all,
            SplittableRandom random,
            Faults faults,
            @Nullable Trail trail) {
        if (policy.profiles().size() == 1) {
            return finish(
                    policy, placement, all, run(policy.profiles().getFirst(), placement, all, random, faults, trail));
        }
        List<String> names = policy.profiles().stream().map(Profile::name).toList();
        List<String> done = new ArrayList<>();
        List<int[]> picks = new ArrayList<>();
        for (int guard = 0; guard <= names.size(); guard++) {
            List<String> next = new ArrayList<>(1);
            guard(
                    "profile-handler",
                    policy.handler().name(),
                    faults,
                    () -> policy.handler()
                            .part()
                            .next(placement.request(), names, List.copyOf(done))
                            .ifPresent(next::add));
            if (next.isEmpty() || !names.contains(next.getFirst()) || done.contains(next.getFirst())) {
                break;
            }
            picks.add(run(policy.profile(next.getFirst()), placement, all, random, faults, trail));
            done.add(next.getFirst());
        }
        String[] primary = {done.isEmpty() ? "" : done.getFirst()};
        guard(
                "profile-handler",
                policy.handler().name(),
                faults,
                () -> primary[0] = policy.handler().part().primary(placement.request(), List.copyOf(done)));
        int index = done.indexOf(primary[0]);
        return finish(policy, placement, all, index < 0 ? new int[0] : picks.get(index));
    }

    private static Decision finish(Policy policy, Placement placement, CandidateSet all, int[] picked) {
        if (picked.length > 0) {
            return new Decision(policy, placement, picked, Optional.empty(), Optional.empty());
        }
        return new Decision(
                policy,
                placement,
                new int[] {leastWork(all)},
                Optional.empty(),
                Optional.of("policy left no endpoint"));
    }

    private static int leastWork(CandidateSet all) {
        int best = 0;
        double least = Double.POSITIVE_INFINITY;
        for (int i = 0; i < all.size(); i++) {
            double work = all.signal(i, Signal.PENDING_PREFILL_TOKENS) / all.signal(i, Signal.PREFILL_RATE)
                    + 1e-3 * all.signal(i, Signal.IN_FLIGHT_REQUESTS);
            if (work < least) {
                least = work;
                best = i;
            }
        }
        return all.row(best);
    }

    /** Rows in order of preference; empty when the profile leaves none. */
    private static int[] run(
            Profile profile,
            Placement placement,
            CandidateSet all,
            SplittableRandom random,
            Faults faults,
            @Nullable Trail trail) {
        CandidateSet left = all;
        for (Named<Filter> filter : profile.filters()) {
            boolean[] keep = new boolean[left.size()];
            Arrays.fill(keep, true);
            CandidateSet before = left;
            boolean ok = guard(
                    "filter", filter.name(), faults, () -> filter.part().filter(placement.request(), before, keep));
            if (!ok) {
                continue;
            }
            if (trail != null) {
                for (int i = 0; i < keep.length; i++) {
                    if (!keep[i]) {
                        trail.removed.put(before.row(i), filter.name());
                    }
                }
            }
            left = left.keep(keep);
            if (left.size() == 0) {
                return new int[0];
            }
        }
        double[] totals = score(profile, placement, left, faults, trail);
        if (trail != null) {
            trail.profiles.add(profile.name());
            trail.totals = totals.clone();
            trail.candidateRows = rowsOf(left);
        }
        return pick(profile, placement, left, totals, random, faults);
    }

    private static double[] score(
            Profile profile, Placement placement, CandidateSet left, Faults faults, @Nullable Trail trail) {
        double[] totals = new double[left.size()];
        double[] scores = new double[left.size()];
        for (Weighted weighted : profile.scorers()) {
            String name = weighted.scorer().name();
            Arrays.fill(scores, Double.NaN);
            boolean ok = guard(
                    "scorer", name, faults, () -> weighted.scorer().part().score(placement.request(), left, scores));
            if (!ok) {
                continue;
            }
            double mean = meanOfKnown(scores, name, faults);
            if (Double.isNaN(mean)) {
                continue;
            }
            for (int i = 0; i < totals.length; i++) {
                totals[i] += weighted.weight() * (Double.isNaN(scores[i]) ? mean : scores[i]);
            }
            if (trail != null) {
                trail.scores.put(name, scores.clone());
                trail.weights.put(name, weighted.weight());
                for (int i = 0; i < totals.length; i++) {
                    int index = i;
                    guard(
                            "scorer",
                            name,
                            Faults.IGNORED,
                            () -> trail.terms
                                    .computeIfAbsent(left.row(index), r -> new java.util.LinkedHashMap<>())
                                    .putAll(weighted.scorer().part().explain(placement.request(), left, index)));
                }
            }
        }
        return totals;
    }

    /** Clamps scores to 0..1 and returns the mean of those that are known, NaN when none is. */
    private static double meanOfKnown(double[] scores, String name, Faults faults) {
        double sum = 0;
        int known = 0;
        for (int i = 0; i < scores.length; i++) {
            double score = scores[i];
            if (Double.isNaN(score)) {
                continue;
            }
            if (score < 0 || score > 1) {
                faults.fault("scorer", name, new IllegalStateException("score " + score + " is outside 0..1"));
                scores[i] = Math.clamp(score, 0.0, 1.0);
            }
            sum += scores[i];
            known++;
        }
        return known == 0 ? Double.NaN : sum / known;
    }

    private static int[] pick(
            Profile profile,
            Placement placement,
            CandidateSet left,
            double[] totals,
            SplittableRandom random,
            Faults faults) {
        int[] order = new int[left.size()];
        int[] count = {0};
        String name = profile.picker().name();
        boolean ok = guard(
                "picker",
                name,
                faults,
                () -> count[0] = profile.picker().part().pick(placement.request(), left, totals, order, random));
        boolean valid = ok && count[0] >= 1 && count[0] <= order.length;
        for (int i = 0; valid && i < count[0]; i++) {
            valid = order[i] >= 0 && order[i] < left.size();
        }
        if (!valid) {
            if (ok) {
                faults.fault("picker", name, new IllegalStateException("picked " + count[0] + " of " + order.length));
            }
            return new int[] {left.row(best(totals))};
        }
        int[] rows = new int[count[0]];
        for (int i = 0; i < rows.length; i++) {
            rows[i] = left.row(order[i]);
        }
        return rows;
    }

    private static int best(double[] totals) {
        int best = 0;
        for (int i = 1; i < totals.length; i++) {
            if (totals[i] > totals[best]) {
                best = i;
            }
        }
        return best;
    }

    private static int[] rowsOf(CandidateSet set) {
        int[] rows = new int[set.size()];
        for (int i = 0; i < rows.length; i++) {
            rows[i] = set.row(i);
        }
        return rows;
    }

    /** Rows that may serve: in service and with room; when none is in service, those that might be. */
    private static int[] serviceable(Placement placement) {
        Snapshot s = placement.snapshot();
        int[] rows = new int[s.size()];
        int n = 0;
        for (int row = 0; row < rows.length; row++) {
            if (inService(s, row) && !s.full(row) && permitted(placement, row)) {
                rows[n++] = row;
            }
        }
        if (n == 0 && !anyInService(placement)) {
            for (int row = 0; row < rows.length; row++) {
                if (s.status(row) == EndpointStatus.EJECTED && !s.full(row) && permitted(placement, row)) {
                    rows[n++] = row;
                }
            }
        }
        return Arrays.copyOf(rows, n);
    }

    private static boolean anyInService(Placement placement) {
        Snapshot s = placement.snapshot();
        for (int row = 0; row < s.size(); row++) {
            if (inService(s, row) && permitted(placement, row)) {
                return true;
            }
        }
        return false;
    }

    private static boolean inService(Snapshot s, int row) {
        return s.status(row) == EndpointStatus.READY || s.status(row) == EndpointStatus.SLOW_START;
    }

    private static boolean permitted(Placement placement, int row) {
        String id = placement.snapshot().endpoint(row).id();
        return (placement.allowed().isEmpty() || placement.allowed().contains(id))
                && !placement.excluded().contains(id);
    }

    private static Decision refuse(Policy policy, Placement placement, Decision.Refusal refusal) {
        return new Decision(policy, placement, new int[0], Optional.of(refusal), Optional.empty());
    }

    /** Runs a plugin's code; anything it throws is its own fault, but for errors of the machine itself. */
    private static boolean guard(String point, String name, Faults faults, Runnable call) {
        try {
            call.run();
            return true;
        } catch (StackOverflowError | LinkageError | RuntimeException fault) {
            faults.fault(point, name, fault);
            return false;
        }
    }
}
