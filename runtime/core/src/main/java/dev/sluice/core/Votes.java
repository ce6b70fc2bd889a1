package dev.sluice.core;

import dev.sluice.spi.Split;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What the {@link OnceAsked} parts of a policy answered in one decision, by endpoint, and why those that did not answer
 * did not. Written while the decision is made, read-only afterwards.
 */
public final class Votes {
    /** Of a decision that asked no such part. */
    public static final Votes NONE = new Votes(null);

    private final @Nullable Snapshot snapshot;
    private final List<Vote> cast = new ArrayList<>(0);

    private Votes(@Nullable Snapshot snapshot) {
        this.snapshot = snapshot;
    }

    static Votes of(Snapshot snapshot) {
        return new Votes(snapshot);
    }

    /** One answer; by row of the snapshot where it is about endpoints. */
    private sealed interface Vote {
        String point();

        String profile();

        String name();
    }

    private record Scores(String point, String profile, String name, double[] byRow) implements Vote {}

    private record Kept(String point, String profile, String name, boolean[] byRow) implements Vote {}

    private record Order(String point, String profile, String name, int[] rows) implements Vote {}

    private record Written(String point, String profile, String name, Map<String, double[]> byRow) implements Vote {}

    private record Said(String point, String profile, String name, Optional<String> text) implements Vote {}

    /** Rows of two endpoints; the first is -1 for none. */
    private record Paired(
            String point, String profile, String name, int prefill, int decode, double splitMs, double wholeMs)
            implements Vote {}

    private record Silent(String point, String profile, String name, String reason) implements Vote {}

    /** True when nothing was asked. */
    public boolean isEmpty() {
        return cast.isEmpty();
    }

    void scores(String profile, String name, CandidateSet set, double[] scores) {
        double[] byRow = new double[size()];
        Arrays.fill(byRow, Double.NaN);
        for (int i = 0; i < scores.length; i++) {
            byRow[set.row(i)] = scores[i];
        }
        cast.add(new Scores("scorer", profile, name, byRow));
    }

    void kept(String profile, String name, CandidateSet set, boolean[] keep) {
        boolean[] byRow = new boolean[size()];
        Arrays.fill(byRow, true);
        for (int i = 0; i < keep.length; i++) {
            byRow[set.row(i)] = keep[i];
        }
        cast.add(new Kept("filter", profile, name, byRow));
    }

    void order(String profile, String name, CandidateSet set, int[] order, int count) {
        int[] rows = new int[Math.clamp(count, 0, order.length)];
        for (int i = 0; i < rows.length; i++) {
            rows[i] = order[i] >= 0 && order[i] < set.size() ? set.row(order[i]) : -1;
        }
        cast.add(new Order("picker", profile, name, rows));
    }

    void written(String name, Map<String, double[]> byRow) {
        cast.add(new Written("producer", "", name, byRow));
    }

    void said(String point, String step, String name, Optional<String> text) {
        cast.add(new Said(point, step, name, text));
    }

    void paired(String name, PairSet pairs, Optional<Split> said) {
        cast.add(said.map(split -> new Paired(
                        "profile-handler",
                        "split",
                        name,
                        split.prefill() < 0 ? -1 : pairs.left().row(split.prefill()),
                        pairs.right().row(split.decode()),
                        split.splitMs(),
                        split.wholeMs()))
                .orElseGet(() -> new Paired("profile-handler", "split", name, -1, -1, Double.NaN, Double.NaN)));
    }

    /** What was said, when both endpoints are still candidates. */
    Optional<Split> givePaired(String name, PairSet pairs) {
        Paired vote = find(Paired.class, "profile-handler", "split", name);
        int decode = indexNow(pairs.right(), vote.decode);
        int prefill = vote.prefill < 0 ? -1 : indexNow(pairs.left(), vote.prefill);
        return decode < 0 || (vote.prefill >= 0 && prefill < 0)
                ? Optional.empty()
                : Optional.of(new Split(prefill, decode, vote.splitMs, vote.wholeMs));
    }

    private int indexNow(CandidateSet set, int row) {
        for (int i = 0; i < set.size(); i++) {
            if (row >= 0 && rowThen(set, i) == row) {
                return i;
            }
        }
        return -1;
    }

    void silent(String point, String profile, String name, String reason) {
        cast.add(new Silent(point, profile, name, reason));
    }

    /** The scores as they were given; NaN for endpoints that the scorer was not asked about. */
    void giveScores(String profile, String name, CandidateSet set, double[] scores) {
        Scores vote = find(Scores.class, "scorer", profile, name);
        for (int i = 0; i < scores.length; i++) {
            int row = rowThen(set, i);
            scores[i] = row < 0 ? Double.NaN : vote.byRow[row];
        }
    }

    void giveKept(String profile, String name, CandidateSet set, boolean[] keep) {
        Kept vote = find(Kept.class, "filter", profile, name);
        for (int i = 0; i < keep.length; i++) {
            int row = rowThen(set, i);
            keep[i] = row < 0 || vote.byRow[row];
        }
    }

    /** Those of the order that are candidates now; how many. */
    int giveOrder(String profile, String name, CandidateSet set, int[] order) {
        Order vote = find(Order.class, "picker", profile, name);
        int n = 0;
        for (int wanted : vote.rows) {
            for (int i = 0; i < set.size(); i++) {
                if (rowThen(set, i) == wanted && n < order.length) {
                    order[n++] = i;
                }
            }
        }
        return n;
    }

    void giveWritten(String name, CandidateSet set) {
        find(Written.class, "producer", "", name).byRow.forEach((attribute, byRow) -> {
            for (int i = 0; i < set.size(); i++) {
                int row = rowThen(set, i);
                if (row >= 0) {
                    set.set(i, attribute, byRow[row]);
                }
            }
        });
    }

    Optional<String> giveSaid(String point, String step, String name) {
        return find(Said.class, point, step, name).text;
    }

    private <V extends Vote> V find(Class<V> kind, String point, String profile, String name) {
        for (Vote vote : cast) {
            if (vote.name().equals(name)
                    && vote.point().equals(point)
                    && vote.profile().equals(profile)) {
                if (vote instanceof Silent silent) {
                    throw new Abstained(silent.reason);
                }
                return kind.cast(vote);
            }
        }
        throw new Abstained("was not asked");
    }

    private int size() {
        return snapshot == null ? 0 : snapshot.size();
    }

    /** The row that a candidate had when the votes were cast, or -1 when it was not there. */
    private int rowThen(CandidateSet set, int index) {
        Snapshot then = snapshot;
        if (then == null) {
            return -1;
        }
        int row = set.row(index);
        String id = set.endpoint(index).id();
        if (row < then.size() && then.endpoint(row).id().equals(id)) {
            return row;
        }
        for (int i = 0; i < then.size(); i++) {
            if (then.endpoint(i).id().equals(id)) {
                return i;
            }
        }
        return -1;
    }
}
