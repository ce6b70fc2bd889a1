package dev.sluice.plugins;

import dev.sluice.spi.Candidates;
import dev.sluice.spi.Filter;
import dev.sluice.spi.PluginContext;
import dev.sluice.spi.Request;

/**
 * llm-d's {@code slo-headroom-tier-filter}: where some endpoints are predicted to meet the request's objectives and some
 * are not, keeps one of the two groups, nearly always the first. Without any prediction all stay; an endpoint without one
 * is among those that miss.
 */
final class SloHeadroomTierFilter implements Filter {
    private final double explore;
    private final String name;
    private final Latency latency;

    SloHeadroomTierFilter(SloHeadroomTierConfig config, PluginContext context) {
        explore = config.epsilonExploreNeg();
        name = context.name();
        latency = Latency.of(config.latencyPredictionInfoProducerName(), context);
    }

    @Override
    public void filter(Request request, Candidates candidates, boolean[] keep) {
        int size = candidates.size();
        boolean[] meets = new boolean[size];
        int meeting = 0;
        for (int i = 0; i < size; i++) {
            meets[i] = latency.ttftHeadroom(request, candidates, i) >= 0
                    && latency.tpotHeadroom(request, candidates, i) >= 0;
            meeting += meets[i] ? 1 : 0;
        }
        if (meeting == 0 || meeting == size) {
            return;
        }
        boolean wanted = Chance.draw(candidates, name) >= explore;
        for (int i = 0; i < size; i++) {
            keep[i] &= meets[i] == wanted;
        }
    }
}
