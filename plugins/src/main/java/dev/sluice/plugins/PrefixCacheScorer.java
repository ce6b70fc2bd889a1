package dev.sluice.plugins;

import dev.sluice.spi.Candidates;
import dev.sluice.spi.Request;
import dev.sluice.spi.Scorer;
import dev.sluice.spi.Signal;

/**
 * llm-d's {@code prefix-cache-scorer}: {@code w * L + (1 - w) * ratio} with {@code ratio = matched / all blocks of the
 * prompt} (its partial last block counts as one) and {@code L = min(1, matched * blockSize / scale)²}. No match is a known
 * 0, not an abstention. Where the engine's block size is unknown, a block is one token.
 */
final class PrefixCacheScorer implements Scorer {
    private final double lengthWeight;
    private final double lengthScale;

    PrefixCacheScorer(PrefixCacheConfig config) {
        lengthWeight = config.matchLengthWeight();
        lengthScale = config.matchLengthScaleTokens();
    }

    @Override
    public void score(Request request, Candidates candidates, double[] scores) {
        for (int i = 0; i < candidates.size(); i++) {
            double prompt = Known.promptTokens(request, candidates, i);
            double cached = Known.cachedTokens(candidates, i, prompt);
            double block = Math.max(1, Known.amountOr(candidates, i, Signal.BLOCK_SIZE, 1));
            double all = Math.ceil(prompt / block);
            double matched = cached < prompt ? Math.floor(cached / block) : all;
            double ratio = all > 0 ? matched / all : 0;
            double length = Math.min(1, matched * block / lengthScale);
            scores[i] = lengthWeight * length * length + (1 - lengthWeight) * ratio;
        }
    }
}
