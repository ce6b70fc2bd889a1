package dev.sluice.gateway.plugin;

import dev.sluice.core.Abstained;
import dev.sluice.core.RemoteScorer;
import dev.sluice.spi.Candidates;
import dev.sluice.spi.Request;
import dev.sluice.spi.Scorer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A third party's scorer. */
final class GuardedScorer extends GuardedPart<Scorer> implements RemoteScorer {
    private static final int MOST_TERMS = 32;
    private static final long EXPLAIN_NANOS = 50_000_000;

    GuardedScorer(PluginGuard.Seat seat, Scorer own) {
        super(seat, own);
    }

    @Override
    public void score(Request request, Candidates candidates, double[] scores) {
        ask(List.of(this), request, candidates).getFirst().await(scores);
    }

    @Override
    public List<Answer> ask(List<RemoteScorer> scorers, Request request, Candidates candidates) {
        List<Answer> answers = new ArrayList<>(scorers.size());
        Batch batch = new Batch(workers());
        for (RemoteScorer scorer : scorers) {
            GuardedScorer guarded = (GuardedScorer) scorer;
            double[] buffer = new double[candidates.size()];
            Arrays.fill(buffer, Double.NaN);
            try {
                Call call = guarded.prepare(own -> own.score(request, candidates, buffer), true);
                batch.add(call);
                answers.add(scores -> {
                    batch.await(budget());
                    guarded.take(call, buffer, scores);
                });
            } catch (Abstained notAsked) {
                answers.add(scores -> {
                    throw notAsked;
                });
            }
        }
        batch.start();
        return answers;
    }

    private void take(Call call, double[] from, double[] scores) {
        boolean clamped = false;
        if (call.state() == Call.State.DONE) {
            for (int i = 0; i < from.length; i++) {
                double score = from[i];
                boolean outside = score < 0 || score > 1;
                clamped |= outside;
                scores[i] = outside ? Math.clamp(score, 0.0, 1.0) : score;
            }
        }
        settle(call, clamped);
    }

    @Override
    public Map<String, Double> explain(Request request, Candidates candidates, int index) {
        Map<String, Double> terms = new LinkedHashMap<>();
        askAside(
                EXPLAIN_NANOS,
                own -> own.explain(request, candidates, index).forEach((term, value) -> {
                    if (terms.size() < MOST_TERMS) {
                        terms.put(term, value);
                    }
                }));
        return terms;
    }

    @Override
    public void close() {
        // The instance itself is closed by whoever created it.
    }
}
