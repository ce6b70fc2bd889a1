package dev.sluice.plugins;

import dev.sluice.spi.Candidates;
import dev.sluice.spi.Request;
import dev.sluice.spi.Scorer;
import dev.sluice.spi.Signal;

/**
 * llm-d's {@code queue-scorer} and {@code running-requests-size-scorer}: {@code (max - n) / (max - min)} of one count, 1
 * for all when all are equal. A candidate whose count is unknown abstains and takes no part in min and max.
 */
final class FewestScorer implements Scorer {
    private final Signal count;

    FewestScorer(Signal count) {
        this.count = count;
    }

    @Override
    public void score(Request request, Candidates candidates, double[] scores) {
        double min = Double.POSITIVE_INFINITY;
        double max = Double.NEGATIVE_INFINITY;
        for (int i = 0; i < candidates.size(); i++) {
            double n = Known.amount(candidates, i, count);
            scores[i] = n;
            if (n < min) {
                min = n;
            }
            if (n > max) {
                max = n;
            }
        }
        for (int i = 0; i < candidates.size(); i++) {
            if (!Double.isNaN(scores[i])) {
                scores[i] = max > min ? (max - scores[i]) / (max - min) : 1;
            }
        }
    }
}
