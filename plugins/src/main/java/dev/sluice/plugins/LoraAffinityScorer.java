package dev.sluice.plugins;

import dev.sluice.spi.Candidates;
import dev.sluice.spi.Request;
import dev.sluice.spi.Scorer;
import dev.sluice.spi.Signal;

/**
 * llm-d's {@code lora-affinity-scorer}: 1 where the adapter is in use, 0.8 where another one fits in, 0.6 where requests for
 * it wait already, else 0. An engine that says nothing of adapters is abstained on.
 */
final class LoraAffinityScorer implements Scorer {
    @Override
    public void score(Request request, Candidates candidates, double[] scores) {
        for (int i = 0; i < candidates.size(); i++) {
            double adapters = Known.amount(candidates, i, Signal.ADAPTERS);
            if (Double.isNaN(adapters)) {
                continue;
            }
            if (candidates.signal(i, Signal.ADAPTER_RUNNING) > 0) {
                scores[i] = 1;
            } else if (adapters < Known.amountOr(candidates, i, Signal.MAX_ADAPTERS, 0)) {
                scores[i] = 0.8;
            } else {
                scores[i] = candidates.signal(i, Signal.ADAPTER_WAITING) > 0 ? 0.6 : 0;
            }
        }
    }
}
