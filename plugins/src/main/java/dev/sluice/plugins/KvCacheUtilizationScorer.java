package dev.sluice.plugins;

import dev.sluice.spi.Candidates;
import dev.sluice.spi.Request;
import dev.sluice.spi.Scorer;
import dev.sluice.spi.Signal;

/**
 * llm-d's {@code kv-cache-utilization-scorer}: {@code 1 - usage}. Offered for configurations that name it; the default
 * policy leaves it out on purpose, see {@link LeastWorkScorer}.
 */
final class KvCacheUtilizationScorer implements Scorer {
    @Override
    public void score(Request request, Candidates candidates, double[] scores) {
        for (int i = 0; i < candidates.size(); i++) {
            scores[i] = Math.max(0, 1 - Known.amount(candidates, i, Signal.KV_USAGE));
        }
    }
}
