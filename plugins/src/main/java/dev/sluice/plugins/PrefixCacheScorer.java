package dev.sluice.plugins;

import dev.sluice.spi.Candidates;
import dev.sluice.spi.PluginContext;
import dev.sluice.spi.Request;
import dev.sluice.spi.Scorer;

/**
 * llm-d's {@code prefix-cache-scorer}: {@code w * L + (1 - w) * ratio} with {@code ratio = matched / all blocks of the
 * prompt} (its partial last block counts as one) and {@code L = min(1, matched * blockSize / scale)²}. No match is a known
 * 0, not an abstention. Where the engine's block size is unknown, a block is one token.
 */
final class PrefixCacheScorer implements Scorer {
    private final double lengthWeight;
    private final double lengthScale;
    private final PrefixMatch match;

    PrefixCacheScorer(PrefixCacheConfig config, PluginContext context) {
        lengthWeight = config.matchLengthWeight();
        lengthScale = config.matchLengthScaleTokens();
        match = PrefixMatch.of(config.prefixMatchInfoProducerName(), context);
    }

    /** The share of the prompt's blocks alone. */
    PrefixCacheScorer(PrefixMatch match) {
        this.lengthWeight = 0;
        this.lengthScale = 1;
        this.match = match;
    }

    @Override
    public void score(Request request, Candidates candidates, double[] scores) {
        for (int i = 0; i < candidates.size(); i++) {
            double matched = match.matched(request, candidates, i);
            double all = match.total(request, candidates, i);
            double ratio = all > 0 ? matched / all : 0;
            double length = Math.min(1, matched * match.blockTokens(candidates, i) / lengthScale);
            scores[i] = lengthWeight * length * length + (1 - lengthWeight) * ratio;
        }
    }
}
