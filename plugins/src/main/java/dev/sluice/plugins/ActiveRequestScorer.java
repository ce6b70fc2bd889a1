package dev.sluice.plugins;

import dev.sluice.spi.Candidates;
import dev.sluice.spi.PluginContext;
import dev.sluice.spi.Request;
import dev.sluice.spi.Scorer;

/**
 * llm-d's {@code active-request-scorer}: 1 for candidates with at most {@code idleThreshold} requests in flight, else
 * {@code (max - n) / max * maxBusyScore}, max being that of all candidates.
 */
final class ActiveRequestScorer implements Scorer {
    private final double idleThreshold;
    private final double maxBusyScore;
    private final InFlightLoad load;

    ActiveRequestScorer(ActiveRequestConfig config, PluginContext context) {
        idleThreshold = config.idleThreshold();
        maxBusyScore = config.maxBusyScore();
        load = InFlightLoad.of(config.inFlightLoadProducerName(), context);
    }

    @Override
    public void score(Request request, Candidates candidates, double[] scores) {
        double max = 0;
        for (int i = 0; i < candidates.size(); i++) {
            double n = load.requests(candidates, i);
            scores[i] = n;
            if (n > max) {
                max = n;
            }
        }
        for (int i = 0; i < candidates.size(); i++) {
            double n = scores[i];
            if (!Double.isNaN(n)) {
                scores[i] = n <= idleThreshold ? 1 : (max - n) / max * maxBusyScore;
            }
        }
    }
}
