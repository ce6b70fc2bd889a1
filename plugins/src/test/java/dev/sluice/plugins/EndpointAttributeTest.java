package dev.sluice.plugins;

import static dev.sluice.plugins.AffinityFiltersTest.indices;
import static dev.sluice.plugins.Golden.UNKNOWN;
import static dev.sluice.plugins.Golden.kept;
import static dev.sluice.plugins.Golden.scores;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.plugins.EndpointAttributeFilterConfig.Algorithm;
import dev.sluice.plugins.EndpointAttributeFilterConfig.Bounds;
import dev.sluice.plugins.EndpointAttributeFilterConfig.Percentile;
import dev.sluice.plugins.EndpointAttributeFilterConfig.Threshold;
import dev.sluice.plugins.EndpointAttributeFilterConfig.TopK;
import dev.sluice.plugins.EndpointAttributeScorerConfig.AdaptiveRange;
import dev.sluice.plugins.EndpointAttributeScorerConfig.FixedRange;
import dev.sluice.plugins.EndpointAttributeScorerConfig.Normalization;
import dev.sluice.spi.ConfigException;
import dev.sluice.spi.testkit.TestCandidates;
import dev.sluice.spi.testkit.TestRequest;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class EndpointAttributeTest {
    private static final TestCandidates FIVE = TestCandidates.of(5).with("load", 1, 2, 2, 5, UNKNOWN);

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            LessThan           | 2 | 0
            LessThanOrEqual    | 2 | 0 1 2
            GreaterThan        | 2 | 3
            GreaterThanOrEqual | 2 | 1 2 3
            Equal              | 2 | 1 2
            NotEqual           | 2 | 0 3
            """)
    void valuesAreComparedWithOne(String operator, double value, String expected) {
        Algorithm algorithm = new Algorithm(
                "threshold",
                Optional.of(new Threshold(operator, value)),
                Optional.empty(),
                Optional.empty(),
                Optional.empty());
        assertThat(kept(filter("Fail", false, algorithm), TestRequest.PLAIN, FIVE))
                .containsExactly(indices(expected));
        // The fifth has no value, and passes.
        assertThat(kept(filter("Pass", false, algorithm), TestRequest.PLAIN, FIVE))
                .containsExactly(indices(expected + " 4"));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            range      | 2  | 5     | 1 2 3
            topK       | 1  | true  | 3
            # the second best value is 2, and two have it
            topK       | 2  | true  | 1 2 3
            topK       | 1  | false | 0
            topK       | 9  | true  | 0 1 2 3
            # sorted 1 2 2 5: ceil(0.5 * 4) = the second, ceil(0.75 * 4) = the third, ceil(0) counts as the first
            percentile | 50 | true  | 1 2 3
            percentile | 75 | false | 0 1 2
            percentile | 0  | false | 0
            percentile | 100| true  | 3
            """)
    void valuesAreComparedWithTheOthers(String type, double number, String other, String expected) {
        boolean higher = other.equals("true");
        Algorithm algorithm = new Algorithm(
                type,
                Optional.empty(),
                type.equals("range") ? Optional.of(new Bounds(number, Double.parseDouble(other))) : Optional.empty(),
                type.equals("topK") ? Optional.of(new TopK((int) number, higher)) : Optional.empty(),
                type.equals("percentile") ? Optional.of(new Percentile(number, higher)) : Optional.empty());
        assertThat(kept(filter("Fail", false, algorithm), TestRequest.PLAIN, FIVE))
                .containsExactly(indices(expected));
        assertThat(kept(filter("Fail", false, algorithm), TestRequest.PLAIN, TestCandidates.of(2)))
                .isEmpty();
        assertThat(kept(filter("Fail", true, algorithm), TestRequest.PLAIN, TestCandidates.of(2)))
                .containsExactly(0, 1);
        assertThat(kept(filter("Pass", false, algorithm), TestRequest.PLAIN, TestCandidates.of(0)))
                .isEmpty();
    }

    @Test
    void valuesAreScoredBetweenTheCandidatesOwnEnds() {
        // (v - 1) / 4, or 1 minus that
        assertThat(scores(scorer("linear_higher_is_better", adaptive()), TestRequest.PLAIN, FIVE))
                .containsExactly(0, 0.25, 0.25, 1, UNKNOWN);
        assertThat(scores(scorer("linear_lower_is_better", adaptive()), TestRequest.PLAIN, FIVE))
                .containsExactly(1, 0.75, 0.75, 0, UNKNOWN);
    }

    @Test
    void equalValuesScoreOneAndOneCandidateToo() {
        TestCandidates equal = TestCandidates.of(3).with("load", 4, 4, UNKNOWN);
        assertThat(scores(scorer("linear_lower_is_better", adaptive()), TestRequest.PLAIN, equal))
                .containsExactly(1, 1, UNKNOWN);
        assertThat(scores(
                        scorer("linear_lower_is_better", adaptive()),
                        TestRequest.PLAIN,
                        TestCandidates.of(1).with("load", 9)))
                .containsExactly(1);
        assertThat(scores(scorer("linear_lower_is_better", adaptive()), TestRequest.PLAIN, TestCandidates.of(2)))
                .containsExactly(UNKNOWN, UNKNOWN);
        assertThat(scores(scorer("linear_lower_is_better", adaptive()), TestRequest.PLAIN, TestCandidates.of(0)))
                .isEmpty();
    }

    @Test
    void valuesAreScoredBetweenGivenEndsAndThoseBeyondCountAsTheEnd() {
        Normalization fixed = new Normalization(Optional.of(new FixedRange(0, 4)), Optional.empty());
        TestCandidates values = TestCandidates.of(5).with("load", -3, 1, 4, 9, Double.POSITIVE_INFINITY);
        assertThat(scores(scorer("linear_higher_is_better", fixed), TestRequest.PLAIN, values))
                .containsExactly(0, 0.25, 1, 1, UNKNOWN);
        assertThat(scores(scorer("linear_lower_is_better", fixed), TestRequest.PLAIN, values))
                .containsExactly(1, 0.75, 0, 0, UNKNOWN);
    }

    @Test
    void theAttributeMayGoByItsOlderName() {
        EndpointAttributeScorerConfig config = new EndpointAttributeScorerConfig(
                "", "load", "", new EndpointAttributeScorerConfig.Algorithm("linear_higher_is_better", adaptive()));
        assertThat(scores(
                        new EndpointAttributeScorer(config, Golden.context("by-load")),
                        TestRequest.PLAIN,
                        TestCandidates.of(2).with("load", 0, 1)))
                .containsExactly(0, 1);
    }

    @Test
    void whatMakesNoSenseIsRefused() {
        Algorithm any = new Algorithm(
                "threshold",
                Optional.of(new Threshold("Equal", 1)),
                Optional.empty(),
                Optional.empty(),
                Optional.empty());
        assertThatThrownBy(() -> new EndpointAttributeFilterConfig("", "", "Pass", false, any))
                .isInstanceOf(ConfigException.class);
        assertThatThrownBy(() ->
                        new Algorithm("topK", any.threshold(), Optional.empty(), Optional.empty(), Optional.empty()))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("algorithm.topK is missing");
        assertThatThrownBy(() -> new Bounds(2, 1)).isInstanceOf(ConfigException.class);
        assertThatThrownBy(() -> new FixedRange(1, 1)).isInstanceOf(ConfigException.class);
        assertThatThrownBy(() -> new Normalization(Optional.of(new FixedRange(0, 1)), Optional.of(new AdaptiveRange())))
                .isInstanceOf(ConfigException.class);
        assertThatThrownBy(() -> new EndpointAttributeFilter(
                        new EndpointAttributeFilterConfig("load", "nobody", "Pass", false, any),
                        Golden.context("by-load")))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("nobody");
    }

    private static EndpointAttributeFilter filter(String onMissing, boolean fallback, Algorithm algorithm) {
        return new EndpointAttributeFilter(
                new EndpointAttributeFilterConfig("load", "", onMissing, fallback, algorithm),
                Golden.context("by-load"));
    }

    private static EndpointAttributeScorer scorer(String type, Normalization normalization) {
        return new EndpointAttributeScorer(
                new EndpointAttributeScorerConfig(
                        "load", "", "", new EndpointAttributeScorerConfig.Algorithm(type, normalization)),
                Golden.context("by-load"));
    }

    private static Normalization adaptive() {
        return new Normalization(Optional.empty(), Optional.empty());
    }
}
