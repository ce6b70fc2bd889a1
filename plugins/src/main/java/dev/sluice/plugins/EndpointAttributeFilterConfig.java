package dev.sluice.plugins;

import dev.sluice.spi.ConfigException;
import dev.sluice.spi.Default;
import dev.sluice.spi.Doc;
import dev.sluice.spi.OneOf;
import dev.sluice.spi.Range;
import java.util.Optional;

/**
 * Parameters of {@code endpoint-attribute-filter}.
 *
 * @param attribute which attribute
 * @param producer who sets it; empty: whoever does
 * @param onMissing what becomes of endpoints without it
 * @param fallbackOnEmpty true: all stay when none would
 * @param algorithm which values are kept
 */
public record EndpointAttributeFilterConfig(
        @Doc("Name of the attribute, as its producer or extractor sets it.")
        String attribute,

        @Doc("Instance that sets it, which must be there; empty: any.") @Default("\"\"")
        String producer,

        @Doc("Endpoints without the attribute are kept (Pass) or dropped (Fail).")
        @Default("Pass")
        @OneOf({"Pass", "Fail"})
        String onMissing,

        @Doc("Keep all endpoints when none would be.") @Default("false")
        boolean fallbackOnEmpty,

        @Doc("Which values are kept.") Algorithm algorithm) {
    /**
     * One of four ways.
     *
     * @param type which one
     * @param threshold its parameters
     * @param range its parameters
     * @param topK its parameters
     * @param percentile its parameters
     */
    public record Algorithm(
            @Doc("How values are judged.") @Default("threshold") @OneOf({"threshold", "range", "topK", "percentile"})
            String type,

            @Doc("A comparison with one value.") Optional<Threshold> threshold,
            @Doc("Two bounds.") Optional<Bounds> range,
            @Doc("So many endpoints.") Optional<TopK> topK,
            @Doc("A share of the endpoints.") Optional<Percentile> percentile) {
        /**
         * Checks that the parameters are there.
         *
         * @throws ConfigException when those of the type are missing
         */
        public Algorithm {
            boolean there = switch (type) {
                case "range" -> range.isPresent();
                case "topK" -> topK.isPresent();
                case "percentile" -> percentile.isPresent();
                default -> threshold.isPresent();
            };
            if (!there) {
                throw new ConfigException("algorithm." + type + " is missing");
            }
        }
    }

    /**
     * Keeps values that compare true.
     *
     * @param operator how
     * @param value with what
     */
    public record Threshold(
            @Doc("How values are compared.")
            @OneOf({"LessThan", "LessThanOrEqual", "GreaterThan", "GreaterThanOrEqual", "Equal", "NotEqual"})
            String operator,

            @Doc("With what they are compared.") double value) {}

    /**
     * Keeps values between two, both included.
     *
     * @param min the smaller one
     * @param max the larger one
     */
    public record Bounds(
            @Doc("Smallest value that is kept.") double min,
            @Doc("Largest value that is kept.") double max) {
        /**
         * Checks the order.
         *
         * @throws ConfigException when min is more than max
         */
        public Bounds {
            if (min > max) {
                throw new ConfigException("range.min must not be more than range.max");
            }
        }
    }

    /**
     * Keeps the best.
     *
     * @param k how many
     * @param higherIsBetter which are the best
     */
    public record TopK(
            @Doc("Endpoints to keep.") @Range(min = 1) int k,

            @Doc("Whether the highest values are the best.") @Default("true")
            boolean higherIsBetter) {}

    /**
     * Keeps values at and beyond a percentile, by the nearest rank.
     *
     * @param percentile 0..100
     * @param higherIsBetter which side is kept
     */
    public record Percentile(
            @Doc("Percentile at which values are cut.") @Range(min = 0, max = 100)
            double percentile,

            @Doc("Keep values at and above it instead of at and below.") @Default("true")
            boolean higherIsBetter) {}

    /**
     * Checks the name.
     *
     * @throws ConfigException when it is empty
     */
    public EndpointAttributeFilterConfig {
        if (attribute.isBlank()) {
            throw new ConfigException("attribute must be the name of an attribute");
        }
    }
}
