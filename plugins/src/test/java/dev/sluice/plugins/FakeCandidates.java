package dev.sluice.plugins;

import dev.sluice.spi.Candidates;
import dev.sluice.spi.Endpoint;
import dev.sluice.spi.Role;
import dev.sluice.spi.Scorer;
import dev.sluice.spi.Signal;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/** Candidates whose signals a test sets row by row; what it does not set is unknown. */
final class FakeCandidates implements Candidates {
    private final List<Endpoint> endpoints = new ArrayList<>();
    private final Map<Signal, double[]> signals = new EnumMap<>(Signal.class);

    static FakeCandidates of(int size) {
        FakeCandidates candidates = new FakeCandidates();
        for (int i = 0; i < size; i++) {
            candidates.endpoints.add(new Endpoint("e" + i, "10.0.0." + i + ":8000", Role.BOTH, Map.of()));
        }
        return candidates;
    }

    @SafeVarargs
    static FakeCandidates labelled(Map<String, String>... labels) {
        FakeCandidates candidates = new FakeCandidates();
        for (Map<String, String> each : labels) {
            int i = candidates.endpoints.size();
            Role role = Role.of(each.getOrDefault(Role.LABEL, "both")).orElse(Role.BOTH);
            candidates.endpoints.add(new Endpoint("e" + i, "10.0.0." + i + ":8000", role, each));
        }
        return candidates;
    }

    static FakeCandidates withRoles(Role... roles) {
        FakeCandidates candidates = new FakeCandidates();
        for (Role role : roles) {
            int i = candidates.endpoints.size();
            candidates.endpoints.add(new Endpoint("e" + i, "10.0.0." + i + ":8000", role, Map.of()));
        }
        return candidates;
    }

    /** One value per candidate, or one for all of them. */
    FakeCandidates with(Signal signal, double... values) {
        double[] row = new double[size()];
        for (int i = 0; i < row.length; i++) {
            row[i] = values[values.length == 1 ? 0 : i];
        }
        signals.put(signal, row);
        return this;
    }

    @Override
    public int size() {
        return endpoints.size();
    }

    @Override
    public Endpoint endpoint(int index) {
        return endpoints.get(index);
    }

    @Override
    public double signal(int index, Signal signal) {
        double[] row = signals.get(signal);
        return row == null ? Double.NaN : row[index];
    }

    @Override
    public double attribute(int index, String name) {
        return Double.NaN;
    }

    /** The scores that a scorer gives to a request with that many prompt tokens. */
    double[] scores(Scorer scorer, int promptTokens) {
        double[] scores = new double[size()];
        Arrays.fill(scores, Double.NaN);
        scorer.score(new FakeRequest(promptTokens), this, scores);
        return scores;
    }
}
