package dev.sluice.plugins;

import dev.sluice.spi.ConfigException;
import dev.sluice.spi.Default;
import dev.sluice.spi.Doc;
import dev.sluice.spi.OneOf;
import java.util.Optional;

/**
 * Parameters of {@code endpoint-attribute-scorer}.
 *
 * @param attribute which attribute
 * @param attributeKey the same by the name that older releases of llm-d have for it
 * @param producer who sets it; empty: whoever does
 * @param algorithm how values become scores
 */
public record EndpointAttributeScorerConfig(
        @Doc("Name of the attribute, as its producer or extractor sets it.") @Default("\"\"")
        String attribute,

        @Doc("Older name of attribute.") @Default("\"\"") String attributeKey,

        @Doc("Instance that sets it, which must be there; empty: any.") @Default("\"\"")
        String producer,

        @Doc("How values become scores.") Algorithm algorithm) {
    /**
     * A line between two ends.
     *
     * @param type which end is better
     * @param normalization where the ends are
     */
    public record Algorithm(
            @Doc("Which values are better.") @OneOf({"linear_lower_is_better", "linear_higher_is_better"})
            String type,

            @Doc("Where scores of 0 and 1 are.") @Default("{}")
            Normalization normalization) {}

    /**
     * At most one of the two; neither means adaptive.
     *
     * @param fixedRange ends that are given
     * @param adaptiveRange ends are the smallest and the largest value of the candidates
     */
    public record Normalization(
            @Doc("Ends that are given.") Optional<FixedRange> fixedRange,

            @Doc("Ends are the candidates' smallest and largest value; the default.")
            Optional<AdaptiveRange> adaptiveRange) {
        /**
         * Checks that it is not both.
         *
         * @throws ConfigException when it is
         */
        public Normalization {
            if (fixedRange.isPresent() && adaptiveRange.isPresent()) {
                throw new ConfigException("normalization is either fixedRange or adaptiveRange");
            }
        }
    }

    /**
     * Ends that are given; values beyond count as the end.
     *
     * @param min the smaller one
     * @param max the larger one
     */
    public record FixedRange(
            @Doc("Smaller end.") double min,
            @Doc("Larger end.") double max) {
        /**
         * Checks the order.
         *
         * @throws ConfigException when there is nothing between them
         */
        public FixedRange {
            if (!(min < max)) {
                throw new ConfigException("fixedRange.min must be less than fixedRange.max");
            }
        }
    }

    /** Without parameters. */
    public record AdaptiveRange() {}

    /**
     * Checks the name.
     *
     * @throws ConfigException when it is missing
     */
    public EndpointAttributeScorerConfig {
        if (attribute.isBlank() && attributeKey.isBlank()) {
            throw new ConfigException("attribute must be the name of an attribute");
        }
    }

    String name() {
        return attribute.isBlank() ? attributeKey : attribute;
    }
}
