package dev.sluice.plugins;

import dev.sluice.spi.Candidates;
import dev.sluice.spi.Request;
import dev.sluice.spi.Scorer;
import dev.sluice.spi.Signal;

/**
 * llm-d's {@code token-load-scorer}: {@code 1 - min(t, T) / T}, t being the candidate's tokens in flight and the tokens of
 * this request that it would have to compute.
 */
final class TokenLoadScorer implements Scorer {
    private final double threshold;

    TokenLoadScorer(TokenLoadConfig config) {
        threshold = config.queueThresholdTokens();
    }

    @Override
    public void score(Request request, Candidates candidates, double[] scores) {
        for (int i = 0; i < candidates.size(); i++) {
            double prompt = Known.promptTokens(request, candidates, i);
            double own = prompt - Known.cachedTokens(candidates, i, prompt);
            double tokens = Known.amount(candidates, i, Signal.IN_FLIGHT_TOKENS) + own;
            scores[i] = 1 - Math.min(tokens, threshold) / threshold;
        }
    }
}
