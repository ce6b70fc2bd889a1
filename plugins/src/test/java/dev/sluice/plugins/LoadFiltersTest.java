package dev.sluice.plugins;

import static dev.sluice.plugins.AffinityFiltersTest.indices;
import static dev.sluice.plugins.AffinityFiltersTest.numbers;
import static dev.sluice.plugins.Golden.UNKNOWN;
import static dev.sluice.plugins.Golden.kept;
import static dev.sluice.plugins.Golden.refused;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.sluice.plugins.UtilizationConfig.Condition;
import dev.sluice.spi.ConfigException;
import dev.sluice.spi.Signal;
import dev.sluice.spi.testkit.TestCandidates;
import dev.sluice.spi.testkit.TestRequest;
import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LoadFiltersTest {
    private static final TestRequest SHEDDABLE = TestRequest.PLAIN.withPriority(-1);

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            active-requests      | 2   | 1
            running-requests     | 3   | 0 1
            waiting-queue        | 4   | 0 1 2
            kv-cache-utilization | 0.5 | 0 2
            """)
    void endpointsOverALimitAreDroppedAndTheLimitItselfIsNot(String metric, double max, String expected) {
        TestCandidates candidates = TestCandidates.of(3)
                .with(Signal.IN_FLIGHT_REQUESTS, 3, 2, 9)
                .with(Signal.RUNNING, 3, 0, 4)
                .with(Signal.WAITING, 4, 0, UNKNOWN)
                .with(Signal.KV_USAGE, 0.5, 0.51, 0);
        UtilizationFilter filter =
                new UtilizationFilter(new UtilizationConfig(List.of(new Condition(metric, max)), false));
        assertThat(kept(filter, TestRequest.PLAIN, candidates)).containsExactly(indices(expected));
    }

    @Test
    void allConditionsMustHoldAndAllStayWhenNoneWouldIfThatIsWanted() {
        TestCandidates candidates =
                TestCandidates.of(2).with(Signal.RUNNING, 1, 5).with(Signal.WAITING, 9, 1);
        List<Condition> both = List.of(new Condition("running-requests", 4), new Condition("waiting-queue", 4));
        assertThat(kept(new UtilizationFilter(new UtilizationConfig(both, false)), TestRequest.PLAIN, candidates))
                .isEmpty();
        assertThat(kept(new UtilizationFilter(new UtilizationConfig(both, true)), TestRequest.PLAIN, candidates))
                .containsExactly(0, 1);
        assertThat(kept(
                        new UtilizationFilter(new UtilizationConfig(both, true)),
                        TestRequest.PLAIN,
                        TestCandidates.of(0)))
                .isEmpty();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            # waiting   | KV use        | saturated | ignore
            0, 0        | 0, 0          | 0         | 0
            # max(5/5, 0.4/0.8) = 1 and max(0/5, 0.4/0.8) = 0.5: 0.75
            5, 0        | 0.4, 0.4      | 0.75      | 0.75
            10, 10      | 0, 0          | 2         | 2
            # one of both is known: 0.8/0.8 and 5/5
            NaN, 5      | 0.8, NaN      | 1         | 1
            # nothing is known of the second: 1, or left out
            0, NaN      | 0.2, NaN      | 0.625     | 0.25
            NaN, NaN    | NaN, NaN      | 1         | 0
            """)
    void utilizationIsTheMeanOfTheFullerResource(String waiting, String kv, double saturated, double ignoring) {
        TestCandidates candidates = TestCandidates.of(2)
                .with(Signal.WAITING, numbers(waiting, ","))
                .with(Signal.KV_USAGE, numbers(kv, ","));
        assertThat(utilization("saturated", 0).saturation(candidates)).isCloseTo(saturated, within(1e-12));
        assertThat(utilization("ignore", 0).saturation(candidates)).isCloseTo(ignoring, within(1e-12));
    }

    @Test
    void aPoolWithoutEndpointsIsSaturated() {
        assertThat(utilization("saturated", 0).saturation(TestCandidates.of(0))).isEqualTo(1);
        assertThat(utilization("ignore", 0).saturation(TestCandidates.of(0))).isEqualTo(1);
        assertThat(concurrency("requests", 0).saturation(TestCandidates.of(0))).isEqualTo(1);
    }

    @Test
    void asAFilterUtilizationKeepsWhatIsBelowBothThresholds() {
        TestCandidates candidates = TestCandidates.of(5)
                .with(Signal.WAITING, 4, 5, 0, UNKNOWN, 5.9)
                .with(Signal.KV_USAGE, 0.79, 0, 0.8, UNKNOWN, 0.95);
        assertThat(kept(utilization("saturated", 0), TestRequest.PLAIN, candidates))
                .containsExactly(0);
        assertThat(kept(utilization("saturated", 0.2), TestRequest.PLAIN, candidates))
                .containsExactly(0, 1, 2, 4);
        TestCandidates full = TestCandidates.of(2).with(Signal.WAITING, 50, 60);
        assertThat(kept(utilization("saturated", 0), TestRequest.PLAIN, full)).containsExactly(0, 1);
        assertThatThrownBy(() -> new UtilizationDetectorConfig(0, 0.8, Duration.ofMillis(200), "saturated", 0))
                .isInstanceOf(ConfigException.class);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            # mode   | requests | tokens          | saturation
            requests | 50, 100  | 0, 0            | 0.75
            requests | 150, 150 | 0, 0            | 1.5
            tokens   | 50, 100  | 250000, 750000  | 0.5
            # max(0.5, 0.25) and max(0.1, 0.9): 0.7
            hybrid   | 50, 10   | 250000, 900000  | 0.7
            requests | NaN, 100 | 0, 0            | 0.5
            """)
    void concurrencyIsTheShareOfWhatMayBeInFlight(String mode, String requests, String tokens, double expected) {
        TestCandidates candidates = TestCandidates.of(2)
                .with(Signal.IN_FLIGHT_REQUESTS, numbers(requests, ","))
                .with(Signal.IN_FLIGHT_TOKENS, numbers(tokens, ","));
        assertThat(concurrency(mode, 0).saturation(candidates)).isCloseTo(expected, within(1e-12));
    }

    @Test
    void asAFilterConcurrencyKeepsWhatIsBelowItsLimitBeItNone() {
        TestCandidates candidates = TestCandidates.of(4)
                .with(Signal.IN_FLIGHT_REQUESTS, 99, 100, 119, 120)
                .with(Signal.IN_FLIGHT_TOKENS, 1_000_000, 0, 0, 0);
        assertThat(kept(concurrency("requests", 0), TestRequest.PLAIN, candidates))
                .containsExactly(0);
        assertThat(kept(concurrency("requests", 0.2), TestRequest.PLAIN, candidates))
                .containsExactly(0, 1, 2);
        assertThat(kept(concurrency("tokens", 0), TestRequest.PLAIN, candidates))
                .containsExactly(1, 2, 3);
        assertThat(kept(concurrency("hybrid", 0.1), TestRequest.PLAIN, candidates))
                .containsExactly(0, 1);
        TestCandidates full = TestCandidates.of(2).with(Signal.IN_FLIGHT_REQUESTS, 100, 100);
        assertThat(kept(concurrency("requests", 0), TestRequest.PLAIN, full)).isEmpty();
    }

    @Test
    void onlySheddableRequestsAreDrawnToBeRefused() {
        ProbabilisticAdmitter admitter =
                new ProbabilisticAdmitter(new ProbabilisticAdmitterConfig(5, 0.8, 5, 300), Golden.context("admit"));
        // saturation 0.2, 0.2^5 * 300 = 0.096
        TestCandidates candidates =
                TestCandidates.of(2).with(Signal.WAITING, 1, 1).with(Signal.KV_USAGE, 0.08, 0);
        assertThat(refused(admitter, SHEDDABLE, candidates)).isCloseTo(0.096, within(0.01));
        assertThat(refused(admitter, TestRequest.PLAIN, candidates)).isZero();
        assertThat(refused(admitter, SHEDDABLE, TestCandidates.of(0))).isZero();
        // unknown counts 1: certain
        assertThat(refused(admitter, SHEDDABLE, TestCandidates.of(2))).isEqualTo(1);
        assertThat(refused(
                        admitter,
                        SHEDDABLE,
                        TestCandidates.of(1).with(Signal.WAITING, 0).with(Signal.KV_USAGE, 0)))
                .isZero();
        assertThatThrownBy(() -> new ProbabilisticAdmitterConfig(5, 0.8, 0, 300))
                .isInstanceOf(ConfigException.class);
    }

    @Test
    void aRefusalSaysWhy() {
        ProbabilisticAdmitter admitter =
                new ProbabilisticAdmitter(new ProbabilisticAdmitterConfig(5, 0.8, 5, 300), Golden.context("admit"));
        assertThat(admitter.refuse(SHEDDABLE, TestCandidates.of(1).with(Signal.WAITING, 5)))
                .contains("drawn to be refused: saturation 1.000, probability 1.00");
    }

    private static UtilizationDetector utilization(String policy, double headroom) {
        return new UtilizationDetector(new UtilizationDetectorConfig(5, 0.8, Duration.ofMillis(200), policy, headroom));
    }

    private static ConcurrencyDetector concurrency(String mode, double headroom) {
        return new ConcurrencyDetector(
                new ConcurrencyDetectorConfig(mode, 100, 1_000_000, headroom, ""), Golden.context("full"));
    }

    @Test
    void drawsAreEvenAndDifferFromPartToPart() {
        double mean = IntStream.range(0, 10_000)
                .mapToDouble(seed -> Chance.draw(TestCandidates.of(1).withSeed(seed), "a"))
                .average()
                .orElseThrow();
        assertThat(mean).isCloseTo(0.5, within(0.02));
        TestCandidates one = TestCandidates.of(1).withSeed(7);
        assertThat(Chance.draw(one, "a")).isEqualTo(Chance.draw(one, "a")).isNotEqualTo(Chance.draw(one, "b"));
    }
}
