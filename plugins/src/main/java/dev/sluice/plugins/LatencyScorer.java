package dev.sluice.plugins;

import dev.sluice.spi.Candidates;
import dev.sluice.spi.PluginContext;
import dev.sluice.spi.Request;
import dev.sluice.spi.Scorer;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * llm-d's {@code latency-scorer}, on the gateway's own predictions.
 *
 * <p><b>Who is scored.</b> While some candidates are predicted to meet both objectives: those; the others score 0. When none
 * does: those with nothing in flight, if there are any; else the mildest group that is not empty, which are those that miss
 * only the time per token, those that miss only the first token, those that miss both.
 *
 * <p><b>The score</b> in the group: both headrooms, without their sign, are put on a line from the group's smallest (0) to its
 * largest (1); where all are equal that one is 0.5 and the other has the whole weight. c is their weighted mean. {@code least}
 * scores {@code (int((1 - c) * 100) + 1) / 100}, {@code most} the same with c; whoever misses is scored by {@code least}.
 *
 * <p>A candidate of which nothing can be predicted is abstained on; when that holds for all, the scores are llm-d's
 * composite: {@code round(100 * (wk * (1 - kv) + wq * (maxQ - q) / maxQ + wp * cached share)) / 100}, the weights made to sum up
 * to 1, the queue's term 1 when nobody waits; a candidate whose KV use or queue is unknown is abstained on.
 */
final class LatencyScorer implements Scorer {
    /** Ranges smaller than this are none. */
    private static final double EPSILON = 1e-9;

    private final LatencyScorerConfig config;
    private final double ttftWeight;
    private final Latency latency;
    private final InFlightLoad load = InFlightLoad.LEDGER;
    private final CompositeLoad composite;

    LatencyScorer(LatencyScorerConfig config, PluginContext context) {
        this.config = config;
        double sum = config.ttftWeight() + config.tpotWeight();
        ttftWeight = sum > 0 ? config.ttftWeight() / sum : 1;
        latency = Latency.of(config.latencyPredictionInfoProducerName(), context);
        composite = new CompositeLoad(config, PrefixMatch.of(config.prefixMatchInfoProducerName(), context));
    }

    /** How a candidate stands, the better group first. */
    private enum Standing {
        MEETS,
        IDLE,
        MISSES_TPOT,
        MISSES_TTFT,
        MISSES_BOTH,
        UNKNOWN
    }

    @Override
    public void score(Request request, Candidates candidates, double[] scores) {
        int size = candidates.size();
        double[] ttft = new double[size];
        double[] tpot = new double[size];
        Standing[] standings = new Standing[size];
        Standing best = Standing.UNKNOWN;
        for (int i = 0; i < size; i++) {
            ttft[i] = latency.ttftHeadroom(request, candidates, i);
            tpot[i] = latency.tpotHeadroom(request, candidates, i);
            standings[i] = standing(candidates, i, ttft[i], tpot[i]);
            best = standings[i].compareTo(best) < 0 ? standings[i] : best;
        }
        if (best == Standing.UNKNOWN) {
            composite.score(request, candidates, scores);
            return;
        }
        boolean most =
                best == Standing.MEETS && config.headroomSelectionStrategy().equals("most");
        double[] combined = combined(standings, best, ttft, tpot);
        for (int i = 0; i < size; i++) {
            if (standings[i] == best) {
                double worth = most ? combined[i] : 1 - combined[i];
                scores[i] = Math.min(1, ((int) (worth * 100) + 1) / 100.0);
            } else if (standings[i] != Standing.UNKNOWN) {
                scores[i] = 0;
            }
        }
    }

    private Standing standing(Candidates candidates, int index, double ttft, double tpot) {
        if (Double.isNaN(ttft) || Double.isNaN(tpot)) {
            return Standing.UNKNOWN;
        } else if (ttft >= 0 && tpot >= 0) {
            return Standing.MEETS;
        } else if (load.requests(candidates, index) == 0) {
            return Standing.IDLE;
        } else if (ttft >= 0) {
            return Standing.MISSES_TPOT;
        }
        return tpot >= 0 ? Standing.MISSES_TTFT : Standing.MISSES_BOTH;
    }

    /** Weighted mean of both headrooms' places between the group's smallest and largest. */
    private double[] combined(Standing[] standings, Standing group, double[] ttft, double[] tpot) {
        double[] places = places(standings, group, ttft);
        double[] others = places(standings, group, tpot);
        boolean equal = places.length == 0;
        boolean othersEqual = others.length == 0;
        double weight = equal == othersEqual ? ttftWeight : equal ? 0 : 1;
        double[] combined = new double[standings.length];
        for (int i = 0; i < combined.length; i++) {
            combined[i] = weight * (equal ? 0.5 : places[i]) + (1 - weight) * (othersEqual ? 0.5 : others[i]);
        }
        return combined;
    }

    /** Empty when all of the group are equal. */
    private static double[] places(Standing[] standings, Standing group, double[] headrooms) {
        double min = Double.POSITIVE_INFINITY;
        double max = Double.NEGATIVE_INFINITY;
        for (int i = 0; i < headrooms.length; i++) {
            if (standings[i] == group) {
                min = Math.min(min, Math.abs(headrooms[i]));
                max = Math.max(max, Math.abs(headrooms[i]));
            }
        }
        if (max - min <= EPSILON) {
            return new double[0];
        }
        double smallest = min;
        double range = max - min;
        return Arrays.stream(headrooms)
                .map(headroom -> (Math.abs(headroom) - smallest) / range)
                .toArray();
    }

    @Override
    public Map<String, Double> explain(Request request, Candidates candidates, int index) {
        Map<String, Double> terms = new LinkedHashMap<>();
        terms.put("predicted_ttft_ms", latency.ttft(request, candidates, index));
        terms.put("predicted_tpot_ms", latency.tpot(request, candidates, index));
        terms.put("ttft_headroom_ms", latency.ttftHeadroom(request, candidates, index));
        terms.put("tpot_headroom_ms", latency.tpotHeadroom(request, candidates, index));
        return terms;
    }
}
