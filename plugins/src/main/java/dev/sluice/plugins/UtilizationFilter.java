package dev.sluice.plugins;

import dev.sluice.spi.Candidates;
import dev.sluice.spi.Filter;
import dev.sluice.spi.Request;
import dev.sluice.spi.Signal;

/** llm-d's {@code utilization-filter}: keeps endpoints that are over none of the limits; what is unknown is over none. */
final class UtilizationFilter implements Filter {
    private final UtilizationConfig config;

    UtilizationFilter(UtilizationConfig config) {
        this.config = config;
    }

    @Override
    public void filter(Request request, Candidates candidates, boolean[] keep) {
        boolean[] fits = new boolean[candidates.size()];
        boolean any = false;
        for (int i = 0; i < fits.length; i++) {
            fits[i] = fits(candidates, i);
            any |= fits[i];
        }
        for (int i = 0; (any || !config.fallbackOnEmpty()) && i < fits.length; i++) {
            keep[i] &= fits[i];
        }
    }

    private boolean fits(Candidates candidates, int index) {
        for (UtilizationConfig.Condition condition : config.conditions()) {
            if (Known.amountOr(candidates, index, signal(condition.metric()), 0) > condition.maxValue()) {
                return false;
            }
        }
        return true;
    }

    private static Signal signal(String metric) {
        return switch (metric) {
            case "active-requests" -> Signal.IN_FLIGHT_REQUESTS;
            case "running-requests" -> Signal.RUNNING;
            case "waiting-queue" -> Signal.WAITING;
            default -> Signal.KV_USAGE;
        };
    }
}
