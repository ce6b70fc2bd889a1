package dev.sluice.plugins;

import dev.sluice.spi.Candidates;
import dev.sluice.spi.Request;
import dev.sluice.spi.Scorer;
import dev.sluice.spi.Signal;

/**
 * llm-d's {@code session-affinity-scorer}: 1 for the endpoint that served the session last, 0 for others. A request
 * without a session gets no vote of this scorer.
 */
final class SessionAffinityScorer implements Scorer {
    @Override
    public void score(Request request, Candidates candidates, double[] scores) {
        for (int i = 0; i < candidates.size(); i++) {
            double served = Known.amount(candidates, i, Signal.SESSION);
            scores[i] = Double.isNaN(served) ? Double.NaN : served > 0 ? 1 : 0;
        }
    }
}
