package dev.sluice.plugins;

import dev.sluice.spi.Candidates;
import dev.sluice.spi.PluginContext;
import dev.sluice.spi.Request;
import dev.sluice.spi.Scorer;

/**
 * llm-d's {@code token-load-scorer}: {@code 1 - min(t, T) / T}, t being the candidate's tokens in flight and the tokens of
 * this request that it would have to compute.
 */
final class TokenLoadScorer implements Scorer {
    private final double threshold;
    private final InFlightLoad load;

    TokenLoadScorer(TokenLoadConfig config, PluginContext context) {
        threshold = config.queueThresholdTokens();
        load = InFlightLoad.of("", context);
    }

    @Override
    public void score(Request request, Candidates candidates, double[] scores) {
        for (int i = 0; i < candidates.size(); i++) {
            double prompt = Known.promptTokens(request, candidates, i);
            double own = prompt - Known.cachedTokens(candidates, i, prompt);
            double tokens = load.tokens(candidates, i) + own;
            scores[i] = 1 - Math.min(tokens, threshold) / threshold;
        }
    }
}
