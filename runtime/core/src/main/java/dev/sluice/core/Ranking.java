package dev.sluice.core;

import dev.sluice.core.Policy.Named;
import dev.sluice.core.Policy.Profile;
import dev.sluice.core.Policy.Weighted;
import dev.sluice.spi.Filter;
import dev.sluice.spi.Scorer;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/** Runs one profile: filters, scorers, picker. */
final class Ranking {
    private static final int[] NO_ROWS = {};

    private Ranking() {}

    /** Runs a profile. */
    static StageSet.Ran run(
            Profile profile, CandidateSet all, SplittableRandom random, Asking asking, @Nullable Trail trail) {
        CandidateSet left = filter(profile, all, asking, trail);
        return new StageSet.Ran(left, left.size() == 0 ? NO_ROWS : rank(profile, left, random, asking, trail));
    }

    /** Who is left by a profile's filters. */
    static CandidateSet filter(Profile profile, CandidateSet all, Asking asking, @Nullable Trail trail) {
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
                return left;
            }
        }
        return left;
    }

    /** Rows in order of preference, of at least one candidate. */
    static int[] rank(
            Profile profile, CandidateSet left, SplittableRandom random, Asking asking, @Nullable Trail trail) {
        Trail.Stage stage = trail == null ? null : new Trail.Stage();
        double[] totals = score(profile, left, asking, stage);
        if (trail != null && stage != null) {
            stage.totals = totals.clone();
            stage.rows = rowsOf(left);
            trail.stages.put(profile.name(), stage);
        }
        return pick(profile, left, totals, random, asking);
    }

    private static double[] score(Profile profile, CandidateSet left, Asking asking, Trail.@Nullable Stage stage) {
        double[] totals = new double[left.size()];
        double[] scores = new double[left.size()];
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
            if (stage != null) {
                stage.scores.put(name, scores.clone());
                stage.weights.put(name, weighted.weight());
                for (int i = 0; i < totals.length; i++) {
                    int index = i;
                    asking.explain(() -> stage.terms
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
}
