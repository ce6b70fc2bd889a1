package dev.sluice.plugins;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.spi.Scorer;
import dev.sluice.spi.Signal;
import org.junit.jupiter.api.Test;

class CountScorersTest {
    private static final double UNKNOWN = Double.NaN;

    private final Scorer queue = new FewestScorer(Signal.WAITING);
    private final Scorer loadAware = new LoadAwareScorer(new LoadAwareConfig(128));
    private final Scorer active =
            new ActiveRequestScorer(new ActiveRequestConfig(2, 0.8, ""), Golden.context("active"));

    @Test
    void queueScoresFallLinearlyFromTheShortestToTheLongestQueue() {
        // (max - q) / (max - min) with min 2, max 10
        assertThat(waiting(2, 4, 10).scores(queue, 10)).containsExactly(1, 0.75, 0);
    }

    @Test
    void equalQueuesAllScoreOne() {
        assertThat(waiting(7, 7, 7).scores(queue, 10)).containsExactly(1, 1, 1);
        assertThat(waiting(7).scores(queue, 10)).containsExactly(1);
    }

    @Test
    void anUnknownQueueAbstainsAndIsNotTakenForAnEmptyOne() {
        assertThat(waiting(UNKNOWN, 4, 8).scores(queue, 10)).containsExactly(UNKNOWN, 1, 0);
        assertThat(waiting(UNKNOWN, UNKNOWN).scores(queue, 10)).containsExactly(UNKNOWN, UNKNOWN);
    }

    @Test
    void aCountThatNoEngineCanHaveIsUnknown() {
        assertThat(waiting(-3, 4, Double.POSITIVE_INFINITY, 8).scores(queue, 10))
                .containsExactly(UNKNOWN, 1, UNKNOWN, 0);
    }

    @Test
    void runningRequestsAreScoredLikeQueues() {
        FakeCandidates candidates = FakeCandidates.of(3).with(Signal.RUNNING, 0, 5, 20);
        assertThat(candidates.scores(new FewestScorer(Signal.RUNNING), 10)).containsExactly(1, 0.75, 0);
    }

    @Test
    void loadAwareScoresStartAtOneHalfAndReachZeroAtTheThreshold() {
        assertThat(waiting(0, 32, 128, 500).scores(loadAware, 10)).containsExactly(0.5, 0.375, 0, 0);
        assertThat(waiting(UNKNOWN, -1).scores(loadAware, 10)).containsExactly(UNKNOWN, UNKNOWN);
    }

    @Test
    void activeRequestsScoreOneWhileIdleAndAShareOfTheMaximumAbove() {
        // n <= 2 is idle; else (10 - n) / 10 * 0.8
        FakeCandidates candidates = FakeCandidates.of(5).with(Signal.IN_FLIGHT_REQUESTS, 0, 2, 5, 10, UNKNOWN);
        assertThat(candidates.scores(active, 10)).containsExactly(1, 1, 0.4, 0, UNKNOWN);
    }

    @Test
    void activeRequestsOfAnIdlePoolAllScoreOne() {
        Scorer scorer = new ActiveRequestScorer(
                new ActiveRequestConfig(0, 1, "inflight-load-producer"), Golden.context("active"));
        assertThat(FakeCandidates.of(2).with(Signal.IN_FLIGHT_REQUESTS, 0).scores(scorer, 10))
                .containsExactly(1, 1);
        assertThat(FakeCandidates.of(2).with(Signal.IN_FLIGHT_REQUESTS, 4).scores(scorer, 10))
                .containsExactly(0, 0);
    }

    @Test
    void noCandidatesNeedNoScores() {
        for (Scorer scorer : new Scorer[] {queue, loadAware, active}) {
            assertThat(FakeCandidates.of(0).scores(scorer, 10)).isEmpty();
        }
    }

    private static FakeCandidates waiting(double... values) {
        return FakeCandidates.of(values.length).with(Signal.WAITING, values);
    }
}
