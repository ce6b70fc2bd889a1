package dev.sluice.plugins;

import dev.sluice.spi.Candidates;
import dev.sluice.spi.Filter;
import dev.sluice.spi.PluginContext;
import dev.sluice.spi.Request;

/**
 * llm-d's {@code prefix-cache-affinity-filter}: where some endpoints hold most of the prompt, only those are kept, unless
 * the best of them would be too much later with the first token than the best of the others.
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
        if (config.maxTTFTPenaltyMs() == 0) {
            return true;
        }
        double penalty = best(request, candidates, sticky, true) - best(request, candidates, sticky, false);
        return penalty <= config.maxTTFTPenaltyMs();
    }

    /** The shortest time to first token of those, ms; NaN when none is known. */
    private double best(Request request, Candidates candidates, boolean[] sticky, boolean wanted) {
        double best = Double.NaN;
        for (int i = 0; i < sticky.length; i++) {
            double ttft = sticky[i] == wanted ? ttft(request, candidates, i) : Double.NaN;
            if (ttft < best || (Double.isNaN(best) && !Double.isNaN(ttft))) {
                best = ttft;
            }
        }
        return best;
    }

    private double ttft(Request request, Candidates candidates, int index) {
        return config.ttftSource().equals("latencyPredictor")
                ? latency.ttft(request, candidates, index)
                : load.tokens(candidates, index) / config.peakPrefillThroughput() * 1000;
    }
}
