package dev.sluice.plugins;

import dev.sluice.spi.Candidates;
import dev.sluice.spi.Filter;
import dev.sluice.spi.Request;
import dev.sluice.spi.SaturationDetector;

/**
 * llm-d's {@code utilization-detector}. Saturation is the mean of {@link Utilization} over the pool; an endpoint of which
 * nothing is known counts as 1, or is left out; a pool without endpoints is at 1. As a filter it keeps those that are below
 * both thresholds, with the headroom on top, and all when that leaves none.
 */
final class UtilizationDetector implements Filter, SaturationDetector {
    private final Utilization utilization;
    private final double limit;
    private final boolean ignores;

    UtilizationDetector(UtilizationDetectorConfig config) {
        utilization = new Utilization(config.queueDepthThreshold(), config.kvCacheUtilThreshold());
        limit = 1 + config.headroom();
        ignores = config.stalenessPolicy().equals("ignore");
    }

    @Override
    public double saturation(Candidates candidates) {
        if (candidates.size() == 0) {
            return 1;
        }
        return ignores ? meanOfKnown(candidates) : utilization.mean(candidates, 1);
    }

    private double meanOfKnown(Candidates candidates) {
        double sum = 0;
        int known = 0;
        for (int i = 0; i < candidates.size(); i++) {
            double one = utilization.of(candidates, i);
            if (!Double.isNaN(one)) {
                sum += one;
                known++;
            }
        }
        return known == 0 ? 0 : sum / known;
    }

    @Override
    public void filter(Request request, Candidates candidates, boolean[] keep) {
        boolean[] fits = new boolean[candidates.size()];
        boolean any = false;
        for (int i = 0; i < fits.length; i++) {
            fits[i] = utilization.of(candidates, i) < limit;
            any |= fits[i];
        }
        for (int i = 0; any && i < fits.length; i++) {
            keep[i] &= fits[i];
        }
    }
}
