package dev.sluice.core;

import dev.sluice.spi.Attributes;
import dev.sluice.spi.Candidates;
import dev.sluice.spi.Endpoint;
import dev.sluice.spi.Signal;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** The endpoints that are still in the running, as an indexed view of a snapshot. */
final class CandidateSet implements Candidates, Attributes {
    private final Placement placement;
    private final Snapshot snapshot;
    private final int[] rows;
    private final Map<String, double[]> attributes;
    private final double[] cached;
    private final Pulls pulls;
    /** Row of what the profile before picked; negative when there was none. */
    private final int peer;

    CandidateSet(Placement placement, int[] rows) {
        this(placement, rows, cachedTokens(placement));
    }

    private CandidateSet(Placement placement, int[] rows, double[] cached) {
        this(placement, rows, new LinkedHashMap<>(0), cached, Pulls.of(placement, cached), -1);
    }

    private CandidateSet(
            Placement placement, int[] rows, Map<String, double[]> attributes, double[] cached, Pulls pulls, int peer) {
        this.placement = placement;
        this.snapshot = placement.snapshot();
        this.rows = rows;
        this.attributes = attributes;
        this.cached = cached;
        this.pulls = pulls;
        this.peer = peer;
    }

    /** The same for the profile after one that picked this row. */
    CandidateSet beside(int row) {
        return new CandidateSet(placement, rows, attributes, cached, pulls, row);
    }

    /** A number in the snapshot that is not 0 was put there by a question of the kind "what if", and wins. */
    private static double[] cachedTokens(Placement placement) {
        Snapshot snapshot = placement.snapshot();
        double[] cached = new double[snapshot.size()];
        for (int row = 0; row < cached.length; row++) {
            double asked = snapshot.signal(row, Signal.CACHED_TOKENS);
            cached[row] = asked != 0 ? Math.max(0, asked) : placement.cachedTokens(row);
        }
        return cached;
    }

    CandidateSet keep(boolean[] keep) {
        int n = 0;
        for (boolean k : keep) {
            n += k ? 1 : 0;
        }
        int[] left = new int[n];
        for (int i = 0, j = 0; i < rows.length; i++) {
            if (keep[i]) {
                left[j++] = rows[i];
            }
        }
        return new CandidateSet(placement, left, attributes, cached, pulls, peer);
    }

    /** Those of these rows, in this order. */
    CandidateSet only(int[] these) {
        return Arrays.equals(these, rows) ? this : new CandidateSet(placement, these, attributes, cached, pulls, peer);
    }

    /** Prompt tokens that the endpoints hold, by row of the snapshot. */
    double[] cached() {
        return cached;
    }

    /** From whom each would best fetch what it lacks. */
    Pulls pulls() {
        return pulls;
    }

    int row(int index) {
        return rows[index];
    }

    @Override
    public int size() {
        return rows.length;
    }

    @Override
    public Endpoint endpoint(int index) {
        return snapshot.endpoint(rows[index]);
    }

    @Override
    public double signal(int index, Signal signal) {
        return switch (signal) {
            case CACHED_TOKENS -> cached[rows[index]];
            case PULLED_TOKENS -> pulls.tokens(rows[index]);
            case PULL_MS -> pulls.ms(rows[index]);
            case PROMPT_TOKENS -> placement.request().promptTokens();
            case OUTPUT_TOKENS -> placement.request().outputTokens();
            case SESSION ->
                placement.request().session().isEmpty()
                        ? Double.NaN
                        : snapshot.endpoint(rows[index]).id().equals(placement.sessionEndpoint()) ? 1 : 0;
            case ADAPTER_RUNNING ->
                snapshot.adapters(rows[index]).isRunning(placement.request().model());
            case ADAPTER_WAITING ->
                snapshot.adapters(rows[index]).isWaiting(placement.request().model());
            default -> snapshot.signal(rows[index], signal);
        };
    }

    @Override
    public double attribute(int index, String name) {
        double[] values = attributes.get(name);
        return values == null ? snapshot.attribute(rows[index], name) : values[rows[index]];
    }

    @Override
    public Optional<Endpoint> peer() {
        return peer < 0 ? Optional.empty() : Optional.of(snapshot.endpoint(peer));
    }

    @Override
    public long seed() {
        return placement.seed();
    }

    @Override
    public long takenAt() {
        return snapshot.takenAt();
    }

    @Override
    public void set(int candidate, String name, double value) {
        double[] values = attributes.computeIfAbsent(name, n -> {
            double[] fresh = new double[snapshot.size()];
            Arrays.fill(fresh, Double.NaN);
            return fresh;
        });
        values[rows[candidate]] = value;
    }
}
