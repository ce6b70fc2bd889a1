package dev.sluice.plugins;

import dev.sluice.spi.Attributes;
import dev.sluice.spi.Candidates;
import dev.sluice.spi.PluginContext;
import dev.sluice.spi.Producer;
import dev.sluice.spi.Request;
import dev.sluice.spi.Signal;

/**
 * llm-d's {@code approx-prefix-cache-producer}: how many blocks of the prompt each endpoint is believed to hold, as
 * attributes that {@link PrefixMatch} reads. What is behind it is the gateway's own index: it learns from its choices, as
 * llm-d's does, and is corrected by what engines report to have found, which llm-d's is not.
 */
final class ApproxPrefixCacheProducer implements Producer {
    private final ApproxPrefixCacheConfig config;
    private final String matched;
    private final String total;
    private final String block;

    ApproxPrefixCacheProducer(ApproxPrefixCacheConfig config, PluginContext context) {
        this.config = config;
        matched = PrefixMatch.matched(context.name());
        total = PrefixMatch.total(context.name());
        block = PrefixMatch.block(context.name());
    }

    @Override
    public void produce(Request request, Candidates candidates, Attributes out) {
        for (int i = 0; i < candidates.size(); i++) {
            double own = config.autoTune()
                    ? Known.amountOr(candidates, i, Signal.BLOCK_SIZE, config.blockSizeTokens())
                    : config.blockSizeTokens();
            double size = Math.max(1, own);
            double prompt = Known.promptTokens(request, candidates, i);
            double most = most(size);
            double all = Math.min(most, Math.ceil(prompt / size));
            double cached = Known.cachedTokens(candidates, i, prompt);
            out.set(i, matched, Math.min(all, cached < prompt ? Math.floor(cached / size) : all));
            out.set(i, total, all);
            out.set(i, block, size);
        }
    }

    /** Blocks that are looked at. */
    private double most(double size) {
        if (config.maxPrefixTokensToMatch() > 0) {
            return Math.max(1, Math.floor(config.maxPrefixTokensToMatch() / size));
        }
        return config.maxPrefixBlocksToMatch() > 0 ? config.maxPrefixBlocksToMatch() : Double.MAX_VALUE;
    }
}
