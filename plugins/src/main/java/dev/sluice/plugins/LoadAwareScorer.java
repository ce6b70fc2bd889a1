package dev.sluice.plugins;

import dev.sluice.spi.Candidates;
import dev.sluice.spi.Request;
import dev.sluice.spi.Scorer;
import dev.sluice.spi.Signal;

/** llm-d's {@code load-aware-scorer}: {@code 0.5 * (1 - min(waiting, T) / T)}, so never above 0.5. */
final class LoadAwareScorer implements Scorer {
    private final double threshold;

    LoadAwareScorer(LoadAwareConfig config) {
        threshold = config.threshold();
    }

    @Override
    public void score(Request request, Candidates candidates, double[] scores) {
        for (int i = 0; i < candidates.size(); i++) {
            double waiting = Known.amount(candidates, i, Signal.WAITING);
            scores[i] = 0.5 * (1 - Math.min(waiting, threshold) / threshold);
        }
    }
}
