package dev.sluice.core;

import dev.sluice.core.Policy.Named;
import dev.sluice.core.Policy.Profile;
import dev.sluice.core.Policy.Weighted;
import dev.sluice.spi.Admission;
import dev.sluice.spi.Filter;
import dev.sluice.spi.Producer;
import dev.sluice.spi.Scorer;
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
        return decide(policy, placement, faults, null, null);
    }

    /**
     * Decides again, perhaps on a newer snapshot, with the answers that {@link OnceAsked} parts gave the time before: they
     * are not asked.
     */
    public static Decision decideAgain(Policy policy, Placement placement, Faults faults, Votes given) {
        return decide(policy, placement, faults, given, null);
    }

    static Decision decide(
            Policy policy, Placement placement, Faults faults, @Nullable Votes given, @Nullable Trail trail) {
        int[] rows = serviceable(placement);
        if (rows.length == 0) {
            return refuse(
                    policy,
                    placement,
                    anyInService(placement) ? Decision.Refusal.SATURATED : Decision.Refusal.NO_ENDPOINT);
        }
        SplittableRandom random = new SplittableRandom(placement.seed());
        Asking asking = new Asking(placement, faults, given, trail);
        CandidateSet all = new CandidateSet(placement, rows);
        for (Named<Producer> producer : policy.producers()) {
            asking.produce(producer, all);
        }
        for (Named<Admission> admission : policy.admissions()) {
            if (asking.refuse(admission, all).isPresent()) {
                return refuse(policy, placement, Decision.Refusal.NOT_ADMITTED).with(asking.votes());
            }
        }
        return runProfiles(policy, placement, all, random, asking, trail).with(asking.votes());
    }

    private static Decision runProfiles(
            Policy policy,
            Placement placement,
            CandidateSet all,
            SplittableRandom random,
            Asking asking,
            @Nullable Trail trail) {
        if (policy.profiles().size() == 1) {
            Profile only = policy.profiles().getFirst();
            int[] picked = run(only, all, random, asking, trail);
            List<Decision.Pick> pick =
                    picked.length == 0 ? List.of() : List.of(new Decision.Pick(only.name(), picked[0]));
            return finish(policy, placement, all, picked, pick);
        }
        List<String> names = policy.profiles().stream().map(Profile::name).toList();
        List<String> done = new ArrayList<>();
        List<int[]> picks = new ArrayList<>();
        for (int guard = 0; guard <= names.size(); guard++) {
            Optional<String> next = asking.next(policy.handler(), names, done);
            if (next.isEmpty() || !names.contains(next.get()) || done.contains(next.get())) {
                break;
            }
            int[] picked = run(policy.profile(next.get()), beside(all, picks), random, asking, trail);
            picks.add(picked);
            done.add(next.get());
        }
        if (done.isEmpty()) {
            return finish(policy, placement, all, new int[0], List.of());
        }
        String primary = asking.primary(policy.handler(), done).orElse(done.getFirst());
        int index = done.indexOf(primary);
        return finish(policy, placement, all, index < 0 ? new int[0] : picks.get(index), picksOf(done, picks));
    }

    /** The candidates of a further profile, who may look at what the one before picked. */
    private static CandidateSet beside(CandidateSet all, List<int[]> picks) {
        return picks.isEmpty() || picks.getLast().length == 0 ? all : all.beside(picks.getLast()[0]);
    }

    private static List<Decision.Pick> picksOf(List<String> profiles, List<int[]> picks) {
        List<Decision.Pick> found = new ArrayList<>(profiles.size());
        for (int i = 0; i < profiles.size(); i++) {
            if (picks.get(i).length > 0) {
                found.add(new Decision.Pick(profiles.get(i), picks.get(i)[0]));
            }
        }
        return found;
    }

    private static Decision finish(
            Policy policy, Placement placement, CandidateSet all, int[] picked, List<Decision.Pick> picks) {
        boolean found = picked.length > 0;
        return new Decision(
                policy,
                placement,
                found ? picked : new int[] {leastWork(all)},
                Optional.empty(),
                found ? Optional.empty() : Optional.of("policy left no endpoint"),
                Votes.NONE,
                picks);
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
            Profile profile, CandidateSet all, SplittableRandom random, Asking asking, @Nullable Trail trail) {
        CandidateSet left = all;
        for (Named<Filter> filter : profile.filters()) {
            boolean[] keep = new boolean[left.size()];
            Arrays.fill(keep, true);
            if (!asking.filter(profile.name(), filter, left, keep)) {
                continue;
            }
            if (trail != null) {
                for (int i = 0; i < keep.length; i++) {
                    if (!keep[i]) {
                        trail.removed.put(left.row(i), filter.name());
                    }
                }
            }
            left = left.keep(keep);
            if (left.size() == 0) {
                return new int[0];
            }
        }
        double[] totals = score(profile, left, asking, trail);
        if (trail != null) {
            trail.profiles.add(profile.name());
            trail.totals = totals.clone();
            trail.candidateRows = rowsOf(left);
        }
        return pick(profile, left, totals, random, asking);
    }

    private static double[] score(Profile profile, CandidateSet left, Asking asking, @Nullable Trail trail) {
        double[] totals = new double[left.size()];
        double[] scores = new double[left.size()];
        if (trail != null) {
            // Candidates of an earlier profile were others: its numbers mean nothing beside these.
            trail.scores.clear();
            trail.weights.clear();
        }
        List<RemoteScorer.Answer> answers = asking.askRemote(profile.scorers(), left);
        int remote = 0;
        for (Weighted weighted : profile.scorers()) {
            Named<Scorer> scorer = weighted.scorer();
            String name = scorer.name();
            Arrays.fill(scores, Double.NaN);
            boolean elsewhere = scorer.part() instanceof RemoteScorer && remote < answers.size();
            RemoteScorer.Answer answer = elsewhere ? answers.get(remote++) : null;
            if (!asking.score(profile.name(), scorer, left, scores, answer)) {
                continue;
            }
            double mean = meanOfKnown(scores, name, asking);
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
                    asking.explain(() -> trail.terms
                            .computeIfAbsent(left.row(index), r -> new java.util.LinkedHashMap<>())
                            .putAll(scorer.part().explain(asking.request(), left, index)));
                }
            }
        }
        return totals;
    }

    /** Clamps scores to 0..1 and returns the mean of those that are known, NaN when none is. */
    private static double meanOfKnown(double[] scores, String name, Asking asking) {
        double sum = 0;
        int known = 0;
        for (int i = 0; i < scores.length; i++) {
            double score = scores[i];
            if (Double.isNaN(score)) {
                continue;
            }
            if (score < 0 || score > 1) {
                asking.fault("scorer", name, "score " + score + " is outside 0..1");
                scores[i] = Math.clamp(score, 0.0, 1.0);
            }
            sum += scores[i];
            known++;
        }
        return known == 0 ? Double.NaN : sum / known;
    }

    private static int[] pick(
            Profile profile, CandidateSet left, double[] totals, SplittableRandom random, Asking asking) {
        int[] order = new int[left.size()];
        String name = profile.picker().name();
        int count = asking.pick(profile.name(), profile.picker(), left, totals, order, random);
        boolean valid = count >= 1 && count <= order.length;
        for (int i = 0; valid && i < count; i++) {
            valid = order[i] >= 0 && order[i] < left.size();
        }
        if (!valid) {
            if (count >= 0) {
                asking.fault("picker", name, "picked " + count + " of " + order.length);
            }
            return new int[] {left.row(best(totals))};
        }
        int[] rows = new int[count];
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

    /** Who might have served, as those are shown them who follow decisions. */
    static CandidateSet candidates(Placement placement) {
        return new CandidateSet(placement, serviceable(placement));
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
}
