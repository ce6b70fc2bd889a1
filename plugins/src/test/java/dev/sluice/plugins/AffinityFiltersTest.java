package dev.sluice.plugins;

import static dev.sluice.plugins.Golden.UNKNOWN;
import static dev.sluice.plugins.Golden.kept;
import static dev.sluice.plugins.Golden.labelled;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.sluice.spi.ConfigException;
import dev.sluice.spi.Endpoint;
import dev.sluice.spi.Signal;
import dev.sluice.spi.testkit.TestCandidates;
import dev.sluice.spi.testkit.TestRequest;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AffinityFiltersTest {
    // 1,600 prompt tokens are 100 blocks of 16; e0 holds 90 of them, e1 80, e2 none
    private static final TestCandidates HOLDING = TestCandidates.of(3)
            .with(Signal.BLOCK_SIZE, 16, 16, 16)
            .with(Signal.PROMPT_TOKENS, 1600, 1600, 1600)
            .with(Signal.CACHED_TOKENS, 1440, 1280, 0);

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            # tokens in flight of e0, e1, e2 | penalty | kept
            0,     0,     0                   | 18000   | 0 1
            15928, 15928, 0                   | 18000   | 0 1
            # 286705 / 15928 s = 18000.06 ms more than nothing; 286704 are 17999.99
            286705, 286705, 0                 | 18000   | 0 1 2
            286704, 286705, 0                 | 18000   | 0 1
            # only the best of each side counts
            900000, 0,     0                  | 18000   | 0 1
            900000, 900000, 700000            | 18000   | 0 1
            900000, 900000, 0                 | 0       | 0 1
            900000, 900000, NaN               | 18000   | 0 1 2
            NaN,    NaN,    0                 | 18000   | 0 1 2
            NaN,    100,    0                 | 18000   | 0 1
            """)
    void stickyEndpointsAreKeptWhileTheyAreNotTooLate(String inFlight, double penalty, String expected) {
        double[] tokens = numbers(inFlight, ",");
        assertThat(kept(
                        filter(0.8, 0, penalty, "prefillThroughput"),
                        TestRequest.PLAIN,
                        HOLDING.with(Signal.IN_FLIGHT_TOKENS, tokens)))
                .containsExactly(IntStream.of(indices(expected)).toArray());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            # tokens in flight of e0, e1, e2 | penalty in tokens | kept
            300, 200, 100                    | 100               | 0 1
            301, 201, 100                    | 100               | 0 1 2
            301, 201, 100                    | 0                 | 0 1
            NaN, 100, 100                    | 1                 | 0 1
            100, 100, NaN                    | 1                 | 0 1 2
            """)
    void stickyEndpointsAreKeptWhileTheyHaveNotTooManyMoreTokens(String inFlight, double penalty, String expected) {
        PrefixCacheAffinityFilter filter = new PrefixCacheAffinityFilter(
                new PrefixCacheAffinityConfig(0.8, 0, 0, penalty, "prefillThroughput", 15_928, "", "", ""),
                Golden.context("sticky"));
        assertThat(kept(filter, TestRequest.PLAIN, HOLDING.with(Signal.IN_FLIGHT_TOKENS, numbers(inFlight, ","))))
                .containsExactly(IntStream.of(indices(expected)).toArray());
    }

    @Test
    void theThresholdIsIncludedAndZeroSwitchesTheFilterOff() {
        TestCandidates idle = HOLDING.with(Signal.IN_FLIGHT_TOKENS, 0, 0, 0);
        assertThat(kept(filter(0.9, 0, 18000, "prefillThroughput"), TestRequest.PLAIN, idle))
                .containsExactly(0);
        assertThat(kept(filter(0.91, 0, 18000, "prefillThroughput"), TestRequest.PLAIN, idle))
                .containsExactly(0, 1, 2);
        assertThat(kept(filter(0, 0, 18000, "prefillThroughput"), TestRequest.PLAIN, idle))
                .containsExactly(0, 1, 2);
    }

    @Test
    void whereAllAreStickyOrThereIsOneCandidateOrNoneNothingHappens() {
        PrefixCacheAffinityFilter filter = filter(0.8, 0, 18000, "prefillThroughput");
        assertThat(kept(filter, TestRequest.PLAIN, HOLDING.with(Signal.CACHED_TOKENS, 1600, 1600, 1600)))
                .containsExactly(0, 1, 2);
        assertThat(kept(filter, TestRequest.PLAIN, TestCandidates.of(1))).containsExactly(0);
        assertThat(kept(filter, TestRequest.PLAIN, TestCandidates.of(0))).isEmpty();
    }

    @Test
    void explorationKeepsAllAsOftenAsItIsTold() {
        PrefixCacheAffinityFilter filter = filter(0.8, 0.25, 0, "prefillThroughput");
        long explored = IntStream.range(0, 10_000)
                .filter(seed -> kept(filter, TestRequest.PLAIN, HOLDING.withSeed(seed)).length == 3)
                .count();
        assertThat(explored / 10_000.0).isCloseTo(0.25, within(0.02));
    }

    @Test
    void predictedTimesCanBeComparedInstead() {
        // overhead 0; rate 1000/s: e0 160 of its own, e2 1600; 20000 ahead of e0 and e1
        TestCandidates predicted = HOLDING.with(Signal.OVERHEAD_MS, 0, 0, 0)
                .with(Signal.PREFILL_RATE, 1000, 1000, 1000)
                .with(Signal.PENDING_PREFILL_TOKENS, 20_000, 20_000, 0);
        // e0: 20160 ms, e2: 1600 ms; 18560 later
        assertThat(kept(filter(0.8, 0, 18_560, "latencyPredictor"), TestRequest.PLAIN, predicted))
                .containsExactly(0, 1);
        assertThat(kept(filter(0.8, 0, 18_559, "latencyPredictor"), TestRequest.PLAIN, predicted))
                .containsExactly(0, 1, 2);
    }

    @Test
    void timesThatCantBeComputedAreRefused() {
        assertThatThrownBy(() -> new PrefixCacheAffinityConfig(0.8, 0, 1, 0, "prefillThroughput", 0, "", "", ""))
                .isInstanceOf(ConfigException.class);
        new PrefixCacheAffinityConfig(0.8, 0, 0, 0, "prefillThroughput", 0, "", "", "");
        new PrefixCacheAffinityConfig(0.8, 0, 1, 0, "latencyPredictor", 0, "", "", "");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            # least that is shared | kept of: same host, same rack, same zone, same region, elsewhere, unplaced
            host   | 0
            rack   | 0 1
            zone   | 0 1 2
            region | 0 1 2 3
            """)
    void nearEndpointsAreKept(String least, String expected) {
        TopologyAffinityFilter filter = new TopologyAffinityFilter(new TopologyConfig(least, "", ""));
        assertThat(kept(filter, TestRequest.PLAIN, PLACES.beside(PEER))).containsExactly(indices(expected));
    }

    private static final Endpoint PEER = TestCandidates.endpoint("peer", place("h1", "r1", "z1", "eu"));
    private static final TestCandidates PLACES = labelled(
            place("h1", "r1", "z1", "eu"),
            place("h2", "r1", "z1", "eu"),
            place("h3", "r2", "z1", "eu"),
            place("h4", "r3", "z2", "eu"),
            place("h5", "r4", "z3", "us"),
            Map.of());

    @Test
    void withoutAPeerOrItsPlaceOrANearOneAllStay() {
        TopologyAffinityFilter filter = new TopologyAffinityFilter(new TopologyConfig("host", "", ""));
        assertThat(kept(filter, TestRequest.PLAIN, PLACES)).hasSize(6);
        assertThat(kept(filter, TestRequest.PLAIN, PLACES.beside(TestCandidates.endpoint("p", Map.of()))))
                .hasSize(6);
        assertThat(kept(
                        filter,
                        TestRequest.PLAIN,
                        PLACES.beside(TestCandidates.endpoint("p", place("h9", "r1", "z1", "eu")))))
                .hasSize(6);
        assertThatThrownBy(() -> new TopologyConfig("host", "", "x-topology")).isInstanceOf(ConfigException.class);
    }

    @Test
    void nearnessIsScoredAsInLlmd() {
        assertThat(Golden.scores(new TopologyAffinityScorer(), TestRequest.PLAIN, PLACES.beside(PEER)))
                .containsExactly(1, 0.2, 0.05, 0.02, 0, 0);
        assertThat(Golden.scores(new TopologyAffinityScorer(), TestRequest.PLAIN, PLACES))
                .containsOnly(UNKNOWN);
    }

    static Map<String, String> place(String host, String rack, String zone, String region) {
        return Map.of(
                "kubernetes.io/hostname", host,
                "topology.kubernetes.io/rack", rack,
                "topology.kubernetes.io/zone", zone,
                "topology.kubernetes.io/region", region);
    }

    private static PrefixCacheAffinityFilter filter(double threshold, double explore, double penalty, String source) {
        return new PrefixCacheAffinityFilter(
                new PrefixCacheAffinityConfig(threshold, explore, penalty, 0, source, 15_928, "", "", ""),
                Golden.context("sticky"));
    }

    static double[] numbers(String text, String separator) {
        return List.of(text.split(separator)).stream()
                .map(String::strip)
                .filter(number -> !number.isEmpty())
                .mapToDouble(Double::parseDouble)
                .toArray();
    }

    static int[] indices(String text) {
        return IntStream.of(java.util.Arrays.stream(numbers(text, " "))
                        .mapToInt(d -> (int) d)
                        .toArray())
                .toArray();
    }
}
