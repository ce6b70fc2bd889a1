package dev.sluice.plugins;

import static dev.sluice.plugins.Golden.UNKNOWN;
import static dev.sluice.plugins.Golden.kept;
import static dev.sluice.plugins.Golden.scores;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.sluice.spi.Scorer;
import dev.sluice.spi.Signal;
import dev.sluice.spi.testkit.TestCandidates;
import dev.sluice.spi.testkit.TestContext;
import dev.sluice.spi.testkit.TestRequest;
import java.time.Duration;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class LatencyPluginsTest {
    /**
     * 1,000 prompt tokens at 1,000 tokens a second after 10 ms of overhead: TTFT 10 + 1000 + pending = 1010, 1510, 2010 ms.
     * TPOT 10 + 0.5 * in flight = 10.5, 15, 20 ms.
     */
    private static final TestCandidates THREE = TestCandidates.of(3)
            .with(Signal.PROMPT_TOKENS, 1000, 1000, 1000)
            .with(Signal.CACHED_TOKENS, 0, 0, 0)
            .with(Signal.OVERHEAD_MS, 10, 10, 10)
            .with(Signal.PREFILL_RATE, 1000, 1000, 1000)
            .with(Signal.PENDING_PREFILL_TOKENS, 0, 500, 1000)
            .with(Signal.TOKEN_TIME_MS, 10, 10, 10)
            .with(Signal.TOKEN_TIME_SLOPE_MS, 0.5, 0.5, 0.5)
            .with(Signal.IN_FLIGHT_REQUESTS, 1, 10, 20);

    @Test
    void timesToFirstTokenComeFromWhatIsAheadAndWhatIsNotCached() {
        Latency latency = Latency.LearnedLatency.DEFAULT;
        TestCandidates cached = THREE.with(Signal.CACHED_TOKENS, 0, 400, 1000);
        assertThat(latency.ttft(TestRequest.PLAIN, cached, 0)).isEqualTo(1010);
        assertThat(latency.ttft(TestRequest.PLAIN, cached, 1)).isEqualTo(10 + 500 + 600);
        // a prompt that is cached as a whole still computes its last token
        assertThat(latency.ttft(TestRequest.PLAIN, cached, 2)).isEqualTo(10 + 1000 + 1);
        assertThat(latency.tpot(TestRequest.PLAIN, cached, 1)).isEqualTo(15);
        assertThat(latency.ttft(TestRequest.PLAIN, TestCandidates.of(1), 0)).isNaN();
        assertThat(latency.ttft(TestRequest.PLAIN, THREE.with(Signal.PREFILL_RATE, 0, 1, 1), 0))
                .isNaN();
    }

    @Test
    void headroomIsWhatThePredictionLeavesOfTheObjective() {
        Latency latency = new Latency.LearnedLatency(2, true, "role");
        TestRequest request = TestRequest.PLAIN.withObjectives(1500, 6);
        assertThat(latency.ttftHeadroom(request, THREE, 0)).isEqualTo(490);
        assertThat(latency.ttftHeadroom(request, THREE, 1)).isEqualTo(-10);
        assertThat(latency.tpotHeadroom(request, THREE, 0)).isEqualTo(2 * 6 - 10.5);
        assertThat(latency.ttftHeadroom(TestRequest.PLAIN, THREE, 0)).isEqualTo(-1010);
        assertThat(latency.tpotHeadroom(TestRequest.PLAIN, THREE, 0)).isEqualTo(-10.5);
        assertThat(Latency.LearnedLatency.DEFAULT.tpotHeadroom(request, THREE, 2))
                .isZero();
        TestCandidates prefill = Golden.labelled(Map.of("role", "prefill"));
        assertThat(latency.tpotHeadroom(request, prefill, 0)).isZero();
    }

    @Test
    void theTierThatMeetsTheObjectivesIsKeptNearlyAlways() {
        SloHeadroomTierFilter filter =
                new SloHeadroomTierFilter(new SloHeadroomTierConfig(0.25, ""), Golden.context("tier"));
        TestRequest request = TestRequest.PLAIN.withObjectives(1510, UNKNOWN);
        long explored = IntStream.range(0, 10_000)
                .filter(seed -> {
                    int[] kept = kept(filter, request, THREE.withSeed(seed));
                    assertThat(kept)
                            .satisfiesAnyOf(
                                    k -> assertThat(k).containsExactly(0, 1),
                                    k -> assertThat(k).containsExactly(2));
                    return kept.length == 1;
                })
                .count();
        assertThat(explored / 10_000.0).isCloseTo(0.25, within(0.02));
    }

    @Test
    void oneTierAloneOrNoPredictionKeepsAll() {
        SloHeadroomTierFilter never =
                new SloHeadroomTierFilter(new SloHeadroomTierConfig(0, ""), Golden.context("tier"));
        assertThat(kept(never, TestRequest.PLAIN.withObjectives(9999, UNKNOWN), THREE))
                .containsExactly(0, 1, 2);
        assertThat(kept(never, TestRequest.PLAIN, THREE)).containsExactly(0, 1, 2);
        assertThat(kept(never, TestRequest.PLAIN.withObjectives(9999, UNKNOWN), TestCandidates.of(2)))
                .containsExactly(0, 1);
        // one without a prediction is among those that miss
        TestCandidates partly = THREE.with(Signal.PREFILL_RATE, 1000, UNKNOWN, 1000);
        assertThat(kept(never, TestRequest.PLAIN.withObjectives(9999, UNKNOWN), partly))
                .containsExactly(0, 2);
        assertThat(kept(never, TestRequest.PLAIN, TestCandidates.of(0))).isEmpty();
    }

    @Test
    void amongThoseThatMeetTheLeastHeadroomIsBest() {
        // headroom 990, 490, -10: the third scores 0; on a line 990 is 1, 490 is 0; TPOT is equal and has no weight
        // least: (int(0 * 100) + 1) / 100 and (int(1 * 100) + 1) / 100, at most 1
        TestRequest request = TestRequest.PLAIN.withObjectives(2000, UNKNOWN);
        assertThat(scores(scorer("least"), request, THREE)).containsExactly(0.01, 1, 0);
        assertThat(scores(scorer("most"), request, THREE)).containsExactly(1, 0.01, 0);
    }

    @Test
    void bothHeadroomsAreWeighed() {
        TestContext context = Golden.context("latency-scorer")
                .with("predicted-latency-producer", producer(1, true, "predicted-latency-producer"));
        TestCandidates published = produced(producer(1, true, "predicted-latency-producer"), THREE, 3000, 30);
        // TTFT headroom 1990, 1490, 990 is 1, 0.5, 0; TPOT 19.5, 15, 10 is 1, 10/19, 0
        // least: 1 - (0.8 * 0.5 + 0.2 * 5/9.5) = 0.494..: int 49, + 1
        Scorer scorer = new LatencyScorer(config("least"), context);
        assertThat(scores(scorer, TestRequest.PLAIN.withObjectives(3000, 30), published))
                .containsExactly(0.01, 0.5, 1);
    }

    @Test
    void whereNoneMeetsTheIdleAreScoredAloneAndElseTheMildestGroup() {
        TestRequest late = TestRequest.PLAIN.withObjectives(100, UNKNOWN);
        // misses are 910, 1410, 1910: the smallest miss is best
        assertThat(scores(scorer("most"), late, THREE)).containsExactly(1, 0.51, 0.01);
        TestCandidates idle = THREE.with(Signal.IN_FLIGHT_REQUESTS, 1, 0, 0);
        assertThat(scores(scorer("most"), late, idle)).containsExactly(0, 1, 0.01);
        // without an objective the fastest is best
        assertThat(scores(scorer("least"), TestRequest.PLAIN, THREE)).containsExactly(1, 0.51, 0.01);
    }

    @Test
    void missingOnlyTheTimePerTokenIsMilderThanMissingTheFirstOne() {
        TestContext context = Golden.context("latency-scorer").with("mine", producer(1, true, "mine"));
        LatencyScorerConfig config = new LatencyScorerConfig(0.8, 0.2, "least", 1, 1, 1, "mine", "");
        // TTFT wanted 1200: only the first is in time; TPOT wanted 10: nobody is
        TestCandidates published = produced(producer(1, true, "mine"), THREE, 1200, 10);
        assertThat(scores(new LatencyScorer(config, context), TestRequest.PLAIN.withObjectives(1200, 10), published))
                .containsExactly(0.51, 0, 0);
    }

    @Test
    void equalHeadroomsScoreOneHalfAndOneCandidateToo() {
        TestCandidates equal = THREE.with(Signal.PENDING_PREFILL_TOKENS, 0, 0, 0);
        assertThat(scores(scorer("least"), TestRequest.PLAIN.withObjectives(5000, UNKNOWN), equal))
                .containsExactly(0.51, 0.51, 0.51);
        assertThat(scores(scorer("least"), TestRequest.PLAIN, TestCandidates.of(0)))
                .isEmpty();
    }

    @Test
    void anUnpredictedCandidateIsAbstainedOnAndWithoutAnyPredictionLoadCounts() {
        TestCandidates partly = THREE.with(Signal.PREFILL_RATE, 1000, UNKNOWN, 1000);
        assertThat(scores(scorer("least"), TestRequest.PLAIN, partly)).containsExactly(1, UNKNOWN, 0.01);
        // (1 - 0.5) / 3 + (4 - 1) / 4 / 3 + 0.5 / 3 = 0.58; 0.9 / 3 + 0 + 0 = 0.3
        TestCandidates loads = TestCandidates.of(3)
                .with(Signal.KV_USAGE, 0.5, 0.1, UNKNOWN)
                .with(Signal.WAITING, 1, 4, 0)
                .with(Signal.PROMPT_TOKENS, 100, 100, 100)
                .with(Signal.CACHED_TOKENS, 50, 0, 0);
        assertThat(scores(scorer("least"), TestRequest.PLAIN, loads)).containsExactly(0.58, 0.3, UNKNOWN);
        // nobody waits: the queue's term is 1
        assertThat(scores(
                        scorer("least"),
                        TestRequest.PLAIN,
                        TestCandidates.of(1)
                                .with(Signal.KV_USAGE, 0.4)
                                .with(Signal.WAITING, 0)
                                .with(Signal.PROMPT_TOKENS, 100)))
                .containsExactly(0.53);
        Scorer noWeights = new LatencyScorer(
                new LatencyScorerConfig(0.8, 0.2, "least", 0, 0, 0, "", ""), Golden.context("latency-scorer"));
        assertThat(scores(noWeights, TestRequest.PLAIN, loads)).containsExactly(0.5, 0.9, UNKNOWN);
    }

    @Test
    void sheddableRequestsWhoseObjectiveNobodyMeetsAreRefused() {
        LatencySloAdmitter admitter = new LatencySloAdmitter(new LatencySloAdmitterConfig(""), Golden.context("admit"));
        TestRequest late = TestRequest.PLAIN.withObjectives(100, UNKNOWN).withPriority(-1);
        TestCandidates busy = THREE.with(Signal.RUNNING, 1, 2, 3).with(Signal.KV_USAGE, 0.5, 0.5, 0.5);
        assertThat(admitter.refuse(late, busy)).isPresent();
        assertThat(admitter.refuse(late.withPriority(0), busy)).isEmpty();
        assertThat(admitter.refuse(late.withObjectives(UNKNOWN, UNKNOWN), busy)).isEmpty();
        assertThat(admitter.refuse(late.withObjectives(1011, UNKNOWN), busy)).isEmpty();
        assertThat(admitter.refuse(late, busy.with(Signal.RUNNING, 1, 0, 3))).isEmpty();
        assertThat(admitter.refuse(late, busy.with(Signal.KV_USAGE, 0.5, 0.01, 0.5)))
                .isEmpty();
        assertThat(admitter.refuse(late, busy.with(Signal.RUNNING, UNKNOWN, 2, 3)))
                .isPresent();
        assertThat(admitter.refuse(
                        late, busy.with(Signal.RUNNING, UNKNOWN, 2, 3).with(Signal.IN_FLIGHT_REQUESTS, 0, 1, 1)))
                .isEmpty();
        assertThat(admitter.refuse(late, TestCandidates.of(2).with(Signal.RUNNING, 1, 1)))
                .isEmpty();
        assertThat(admitter.refuse(late, TestCandidates.of(0))).isEmpty();
        // no wish for the first token: that one is met
        assertThat(admitter.refuse(late.withObjectives(UNKNOWN, 5), busy)).isEmpty();
    }

    @Test
    void anExplanationShowsThePredictions() {
        assertThat(scorer("least").explain(TestRequest.PLAIN.withObjectives(2000, UNKNOWN), THREE, 1))
                .containsExactly(
                        Map.entry("predicted_ttft_ms", 1510.0),
                        Map.entry("predicted_tpot_ms", 15.0),
                        Map.entry("ttft_headroom_ms", 490.0),
                        Map.entry("tpot_headroom_ms", 0.0));
    }

    private static Scorer scorer(String strategy) {
        return new LatencyScorer(config(strategy), Golden.context("latency-scorer"));
    }

    private static LatencyScorerConfig config(String strategy) {
        return new LatencyScorerConfig(0.8, 0.2, strategy, 1, 1, 1, "", "");
    }

    private static PredictedLatencyProducer producer(double factor, boolean streaming, String name) {
        return new PredictedLatencyProducer(
                new PredictedLatencyConfig(
                        factor,
                        streaming,
                        "",
                        Duration.ofMinutes(5),
                        true,
                        "",
                        "",
                        false,
                        "",
                        OptionalDouble.empty(),
                        OptionalDouble.empty()),
                Golden.context(name));
    }

    private static TestCandidates produced(
            PredictedLatencyProducer producer, TestCandidates candidates, double ttft, double tpot) {
        producer.produce(TestRequest.PLAIN.withObjectives(ttft, tpot), candidates, candidates);
        return candidates;
    }
}
