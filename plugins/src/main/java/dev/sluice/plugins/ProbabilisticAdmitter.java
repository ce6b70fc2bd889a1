package dev.sluice.plugins;

import dev.sluice.spi.Admission;
import dev.sluice.spi.Candidates;
import dev.sluice.spi.PluginContext;
import dev.sluice.spi.Request;
import java.util.Locale;
import java.util.Optional;

/**
 * llm-d's {@code probabilistic-admitter}: refuses requests of negative priority with probability {@code min(s^power * k, 1)},
 * s being the mean {@link Utilization}, with 1 for an endpoint of which nothing is known.
 */
final class ProbabilisticAdmitter implements Admission {
    private final ProbabilisticAdmitterConfig config;
    private final Utilization utilization;
    private final String name;

    ProbabilisticAdmitter(ProbabilisticAdmitterConfig config, PluginContext context) {
        this.config = config;
        utilization = new Utilization(config.queueDepthThreshold(), config.kvCacheUtilThreshold());
        name = context.name();
    }

    @Override
    public Optional<String> refuse(Request request, Candidates candidates) {
        if (request.priority() >= 0 || candidates.size() == 0) {
            return Optional.empty();
        }
        double saturation = utilization.mean(candidates, 1);
        double probability = Math.min(StrictMath.pow(saturation, config.power()) * config.k(), 1);
        return Chance.draw(candidates, name) < probability
                ? Optional.of(String.format(
                        Locale.ROOT, "drawn to be refused: saturation %.3f, probability %.2f", saturation, probability))
                : Optional.empty();
    }
}
