package dev.sluice.plugins;

import dev.sluice.plugins.EndpointAttributeScorerConfig.FixedRange;
import dev.sluice.spi.Candidates;
import dev.sluice.spi.Part;
import dev.sluice.spi.PluginContext;
import dev.sluice.spi.Request;
import dev.sluice.spi.Scorer;
import java.util.Optional;

/**
 * llm-d's {@code endpoint-attribute-scorer}: an attribute on a line from its worst to its best value. The ends are given, or
 * are the candidates' own; then all score 1 when all are equal. An endpoint without the attribute is abstained on.
 */
final class EndpointAttributeScorer implements Scorer {
    private final String attribute;
    private final boolean lowerIsBetter;
    private final Optional<FixedRange> fixed;

    EndpointAttributeScorer(EndpointAttributeScorerConfig config, PluginContext context) {
        attribute = config.name();
        lowerIsBetter = config.algorithm().type().equals("linear_lower_is_better");
        fixed = config.algorithm().normalization().fixedRange();
        if (!config.producer().isEmpty()) {
            context.reference(config.producer(), Part.class);
        }
    }

    @Override
    public void score(Request request, Candidates candidates, double[] scores) {
        double min = fixed.map(FixedRange::min).orElse(Double.POSITIVE_INFINITY);
        double max = fixed.map(FixedRange::max).orElse(Double.NEGATIVE_INFINITY);
        for (int i = 0; i < candidates.size(); i++) {
            double value = candidates.attribute(i, attribute);
            scores[i] = Math.abs(value) <= Double.MAX_VALUE ? value : Double.NaN;
            if (fixed.isEmpty() && scores[i] < min) {
                min = scores[i];
            }
            if (fixed.isEmpty() && scores[i] > max) {
                max = scores[i];
            }
        }
        for (int i = 0; i < candidates.size(); i++) {
            if (!Double.isNaN(scores[i])) {
                scores[i] = min < max ? share(scores[i], min, max) : 1;
            }
        }
    }

    private double share(double value, double min, double max) {
        double share = Math.clamp((value - min) / (max - min), 0.0, 1.0);
        return lowerIsBetter ? 1 - share : share;
    }
}
