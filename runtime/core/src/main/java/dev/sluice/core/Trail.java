package dev.sluice.core;

import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What a decision did on its way, written down only when an explanation is asked for. */
final class Trail {
    /** Row → the filter that removed it. */
    final Map<Integer, String> removed = new LinkedHashMap<>();

    /** Part → why it had no vote. */
    final Map<String, String> abstained = new LinkedHashMap<>();

    /** Profiles that ran, in order. */
    final Map<String, Stage> stages = new LinkedHashMap<>();

    /** The profile whose pick serves; empty when none ran. */
    String primary = "";

    /** One profile's run. */
    static final class Stage {
        /** Scorer → score by candidate. */
        final Map<String, double[]> scores = new LinkedHashMap<>();

        /** Scorer → its weight. */
        final Map<String, Double> weights = new LinkedHashMap<>();

        final Map<Integer, Map<String, Double>> terms = new LinkedHashMap<>();
        double[] totals = new double[0];
        int[] rows = new int[0];

        /** Index of a row among the candidates; -1 when it was none. */
        int index(int row) {
            for (int i = 0; i < rows.length; i++) {
                if (rows[i] == row) {
                    return i;
                }
            }
            return -1;
        }
    }

    /** The stage of the profile that serves; the last that ran when nobody said which that is. */
    @Nullable
    Stage serving() {
        Stage last = stages.get(primary);
        for (Stage stage : stages.values()) {
            last = stages.containsKey(primary) ? last : stage;
        }
        return last;
    }

    /** The stage in which a row was a candidate, the serving one first; null when it was in none. */
    @Nullable
    Stage of(int row) {
        Stage serving = serving();
        if (serving != null && serving.index(row) >= 0) {
            return serving;
        }
        for (Stage stage : stages.values()) {
            if (stage.index(row) >= 0) {
                return stage;
            }
        }
        return null;
    }
}
