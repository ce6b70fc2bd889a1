package dev.sluice.plugins;

import dev.sluice.plugins.EndpointAttributeFilterConfig.Algorithm;
import dev.sluice.plugins.EndpointAttributeFilterConfig.Threshold;
import dev.sluice.spi.Candidates;
import dev.sluice.spi.Filter;
import dev.sluice.spi.Part;
import dev.sluice.spi.PluginContext;
import dev.sluice.spi.Request;
import java.util.Arrays;
import java.util.function.DoublePredicate;

/**
 * llm-d's {@code endpoint-attribute-filter}: keeps endpoints by one attribute. Values that rank equal with the last of the
 * best are kept too, so that an endpoint's place in the list never decides.
 */
final class EndpointAttributeFilter implements Filter {
    private final EndpointAttributeFilterConfig config;

    EndpointAttributeFilter(EndpointAttributeFilterConfig config, PluginContext context) {
        this.config = config;
        if (!config.producer().isEmpty()) {
            context.reference(config.producer(), Part.class);
        }
    }

    @Override
    public void filter(Request request, Candidates candidates, boolean[] keep) {
        double[] values = new double[candidates.size()];
        for (int i = 0; i < values.length; i++) {
            values[i] = candidates.attribute(i, config.attribute());
        }
        DoublePredicate wanted = wanted(config.algorithm(), values);
        boolean[] kept = new boolean[values.length];
        boolean any = false;
        for (int i = 0; i < kept.length; i++) {
            kept[i] = Double.isNaN(values[i]) ? config.onMissing().equals("Pass") : wanted.test(values[i]);
            any |= kept[i];
        }
        for (int i = 0; (any || !config.fallbackOnEmpty()) && i < kept.length; i++) {
            keep[i] &= kept[i];
        }
    }

    private static DoublePredicate wanted(Algorithm algorithm, double[] values) {
        return switch (algorithm.type()) {
            case "range" ->
                algorithm
                        .range()
                        .<DoublePredicate>map(bounds -> v -> v >= bounds.min() && v <= bounds.max())
                        .orElseThrow();
            case "topK" ->
                algorithm
                        .topK()
                        .map(top -> side(rank(values, top.k(), top.higherIsBetter()), top.higherIsBetter()))
                        .orElseThrow();
            case "percentile" ->
                algorithm
                        .percentile()
                        .map(cut -> side(percentile(values, cut.percentile()), cut.higherIsBetter()))
                        .orElseThrow();
            default ->
                algorithm.threshold().map(EndpointAttributeFilter::compares).orElseThrow();
        };
    }

    private static DoublePredicate side(double cut, boolean higher) {
        return higher ? v -> v >= cut : v -> v <= cut;
    }

    private static DoublePredicate compares(Threshold threshold) {
        double value = threshold.value();
        return switch (threshold.operator()) {
            case "LessThan" -> v -> v < value;
            case "LessThanOrEqual" -> v -> v <= value;
            case "GreaterThan" -> v -> v > value;
            case "GreaterThanOrEqual" -> v -> v >= value;
            case "Equal" -> v -> v == value;
            default -> v -> v != value;
        };
    }

    /** The k-th best value; the worst when there are fewer. */
    private static double rank(double[] values, int k, boolean higher) {
        double[] known = known(values);
        if (known.length == 0) {
            return Double.NaN;
        }
        int place = Math.min(k, known.length) - 1;
        return known[higher ? known.length - 1 - place : place];
    }

    private static double percentile(double[] values, double percentile) {
        double[] known = known(values);
        if (known.length == 0) {
            return Double.NaN;
        }
        int place = (int) Math.ceil(percentile / 100 * known.length);
        return known[Math.clamp(place, 1, known.length) - 1];
    }

    private static double[] known(double[] values) {
        return Arrays.stream(values).filter(v -> !Double.isNaN(v)).sorted().toArray();
    }
}
