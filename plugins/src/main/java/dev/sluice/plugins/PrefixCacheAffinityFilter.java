package dev.sluice.plugins;

import dev.sluice.spi.Candidates;
import dev.sluice.spi.Filter;
import dev.sluice.spi.PluginContext;
import dev.sluice.spi.Request;
import java.util.function.IntToDoubleFunction;

/**
 * llm-d's {@code prefix-cache-affinity-filter}: where some endpoints hold most of the prompt, only those are kept, unless
 * the best of them would be too much later with the first token than the best of the others, or has too many more tokens in
 * flight.
 */
final class PrefixCacheAffinityFilter implements Filter {
    private final PrefixCacheAffinityConfig config;
    private final String name;
    private final PrefixMatch match;
    private final InFlightLoad load;
    private final Latency latency;

    PrefixCacheAffinityFilter(PrefixCacheAffinityConfig config, PluginContext context) {
        this.config = config;
        name = context.name();
        match = PrefixMatch.of(config.prefixMatchInfoProducerName(), context);
        load = InFlightLoad.of(config.inFlightLoadProducerName(), context);
        latency = Latency.of(config.latencyPredictionInfoProducerName(), context);
    }

    @Override
    public void filter(Request request, Candidates candidates, boolean[] keep) {
        if (candidates.size() <= 1 || config.affinityThreshold() <= 0 || explores(candidates)) {
            return;
        }
        boolean[] sticky = new boolean[candidates.size()];
        int count = 0;
        for (int i = 0; i < sticky.length; i++) {
            sticky[i] = match.ratio(request, candidates, i) >= config.affinityThreshold();
            count += sticky[i] ? 1 : 0;
        }
        boolean narrows = count > 0 && (count == sticky.length || worthwhile(request, candidates, sticky));
        for (int i = 0; narrows && i < sticky.length; i++) {
            keep[i] &= sticky[i];
        }
    }

    private boolean explores(Candidates candidates) {
        return config.explorationProbability() > 0 && Chance.draw(candidates, name) < config.explorationProbability();
    }

    /** False too where nothing is known of one side: then nobody can say that waiting is worth it. */
    private boolean worthwhile(Request request, Candidates candidates, boolean[] sticky) {
        return within(config.maxTTFTPenaltyMs(), sticky, i -> ttft(request, candidates, i))
                && within(config.maxTokensInFlightPenalty(), sticky, i -> load.tokens(candidates, i));
    }

    /** Whether the best sticky one is worse by no more than that; 0 allows any. */
    private static boolean within(double penalty, boolean[] sticky, IntToDoubleFunction cost) {
        return penalty == 0 || least(sticky, true, cost) - least(sticky, false, cost) <= penalty;
    }

    /** The least of those; NaN when none is known. */
    private static double least(boolean[] sticky, boolean wanted, IntToDoubleFunction cost) {
        double least = Double.NaN;
        for (int i = 0; i < sticky.length; i++) {
            double its = sticky[i] == wanted ? cost.applyAsDouble(i) : Double.NaN;
            if (its < least || (Double.isNaN(least) && !Double.isNaN(its))) {
                least = its;
            }
        }
        return least;
    }

    private double ttft(Request request, Candidates candidates, int index) {
        return config.ttftSource().equals("latencyPredictor")
                ? latency.ttft(request, candidates, index)
                : load.tokens(candidates, index) / config.peakPrefillThroughput() * 1000;
    }
}
