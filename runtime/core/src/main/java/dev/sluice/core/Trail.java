package dev.sluice.core;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What a decision did on its way, written down only when an explanation is asked for. */
final class Trail {
    /** Row → the filter that removed it. */
    final Map<Integer, String> removed = new LinkedHashMap<>();
    /** Scorer → row → score. */
    final Map<String, double[]> scores = new LinkedHashMap<>();

    /** Part → why it had no vote. */
    final Map<String, String> abstained = new LinkedHashMap<>();

    final Map<String, Double> weights = new LinkedHashMap<>();
    final Map<Integer, Map<String, Double>> terms = new LinkedHashMap<>();
    final List<String> profiles = new ArrayList<>();
    double[] totals = new double[0];
    int[] candidateRows = new int[0];
}
