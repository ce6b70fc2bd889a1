package dev.sluice.plugins;

import dev.sluice.spi.Candidates;
import dev.sluice.spi.Filter;
import dev.sluice.spi.PluginContext;
import dev.sluice.spi.Request;
import dev.sluice.spi.SaturationDetector;

/**
 * llm-d's {@code concurrency-detector}. Saturation: all requests in flight over all that the endpoints should have, or all
 * tokens over theirs, or ({@code hybrid}) the mean over endpoints of the larger of both shares; a pool without endpoints is at 1.
 * As a filter it keeps endpoints with less than {@code int(limit * (1 + headroom))}, be it none.
 */
final class ConcurrencyDetector implements Filter, SaturationDetector {
    private final ConcurrencyDetectorConfig config;
    private final InFlightLoad load;
    private final long requestLimit;
    private final long tokenLimit;

    ConcurrencyDetector(ConcurrencyDetectorConfig config, PluginContext context) {
        this.config = config;
        load = InFlightLoad.of(config.inFlightLoadProducerName(), context);
        requestLimit = (long) (config.maxConcurrency() * (1 + config.headroom()));
        tokenLimit = (long) (config.maxTokenConcurrency() * (1 + config.headroom()));
    }

    @Override
    public double saturation(Candidates candidates) {
        int size = candidates.size();
        double sum = 0;
        for (int i = 0; i < size; i++) {
            double requests = orNone(load.requests(candidates, i)) / config.maxConcurrency();
            double tokens = orNone(load.tokens(candidates, i)) / config.maxTokenConcurrency();
            sum += switch (config.concurrencyMode()) {
                case "tokens" -> tokens;
                case "hybrid" -> Math.max(requests, tokens);
                default -> requests;
            };
        }
        return size == 0 ? 1 : sum / size;
    }

    @Override
    public void filter(Request request, Candidates candidates, boolean[] keep) {
        boolean byRequests = !config.concurrencyMode().equals("tokens");
        boolean byTokens = !config.concurrencyMode().equals("requests");
        for (int i = 0; i < candidates.size(); i++) {
            boolean fits = (!byRequests || orNone(load.requests(candidates, i)) < requestLimit)
                    && (!byTokens || orNone(load.tokens(candidates, i)) < tokenLimit);
            keep[i] &= fits;
        }
    }

    /** The gateway knows what it has sent; a producer that does not say has seen nothing. */
    private static double orNone(double known) {
        return Double.isNaN(known) ? 0 : known;
    }
}
