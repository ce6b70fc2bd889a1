package dev.sluice.plugins;

import dev.sluice.spi.Candidates;
import dev.sluice.spi.Request;
import dev.sluice.spi.Signal;

/** What {@link LatencyScorer} falls back to where nothing is predicted: free KV cache, a short queue, a cached prompt. */
final class CompositeLoad {
    private final double kvWeight;
    private final double queueWeight;
    private final double prefixWeight;
    private final PrefixMatch match;

    CompositeLoad(LatencyScorerConfig config, PrefixMatch match) {
        double sum = config.compositeKVWeight() + config.compositeQueueWeight() + config.compositePrefixWeight();
        boolean none = sum <= 0;
        kvWeight = none ? 1 : config.compositeKVWeight() / sum;
        queueWeight = none ? 0 : config.compositeQueueWeight() / sum;
        prefixWeight = none ? 0 : config.compositePrefixWeight() / sum;
        this.match = match;
    }

    void score(Request request, Candidates candidates, double[] scores) {
        double longest = 0;
        for (int i = 0; i < candidates.size(); i++) {
            longest = Math.max(longest, Known.amountOr(candidates, i, Signal.WAITING, 0));
        }
        for (int i = 0; i < candidates.size(); i++) {
            double free = 1 - Math.min(1, Known.amount(candidates, i, Signal.KV_USAGE));
            double waiting = Known.amount(candidates, i, Signal.WAITING);
            double queue = longest > 0 || Double.isNaN(waiting) ? (longest - waiting) / longest : 1;
            double cached = match.ratio(request, candidates, i);
            double sum = weighted(kvWeight, free) + weighted(queueWeight, queue) + prefixWeight * cached;
            scores[i] = Double.isNaN(sum) ? Double.NaN : Math.round(100 * sum) / 100.0;
        }
    }

    /** What has no weight may be unknown. */
    private static double weighted(double weight, double value) {
        return weight == 0 ? 0 : weight * value;
    }
}
