package dev.sluice.plugins;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.sluice.spi.Signal;
import java.time.Duration;
import java.util.Random;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;

class LeastWorkScorerTest {
    private static final double UNKNOWN = Double.NaN;
    private static final Offset<Double> EXACT = within(1e-9);

    /** Weights that are easy to reckon with. */
    private final LeastWorkScorer scorer =
            new LeastWorkScorer(new LeastWorkConfig(1, 0.5, 0.25, 2, 0.95, Duration.ofMillis(1)));

    private final LeastWorkScorer standard = new LeastWorkScorer(LeastWorkConfig.defaults());

    @Test
    void everyTermIsWhatItsFormulaSays() {
        FakeCandidates one = idle(1).with(Signal.PENDING_PREFILL_TOKENS, 3000)
                .with(Signal.CACHED_TOKENS, 1500)
                .with(Signal.IN_FLIGHT_REQUESTS, 5)
                .with(Signal.DECODING_REQUESTS, 4)
                .with(Signal.OUTPUT_TOKENS, 100);
        assertThat(terms(one, 2000))
                .containsExactly(
                        new double[] {
                            20 + 3000 / 10.0, // overhead + Q / mu, mu = 10 tokens/ms
                            0,
                            0,
                            500 / 10.0, // n - h = 500
                            100 * 10, // L * tau
                            0.25 * 100 * 0.1 * 5, // L * sigma * k
                            0.5 * 4 * 50, // d * prefill
                            0,
                            0,
                            0,
                            0
                        },
                        EXACT);
        assertThat(scorer.explain(new FakeRequest(2000), one, 0))
                .containsEntry("wait_ms", 320.0)
                .containsEntry("prefill_ms", 50.0)
                .containsEntry("decode_ms", 1000.0)
                .containsEntry("crowding_ms", 12.5)
                .containsEntry("interference_ms", 100.0)
                .containsEntry("cost_ms", 1482.5);
    }

    @Test
    void theScoreIsOneForTheLeastCostAndFallsWithTheOthers() {
        // 2000 tokens at 10 per ms: 20 + 200 = 220 ms; with 1000 more ahead 320 ms
        double[] scores = idle(2).with(Signal.PENDING_PREFILL_TOKENS, 0, 1000).scores(scorer, 2000);
        assertThat(scores[0]).isEqualTo(1);
        assertThat(scores[1]).isCloseTo(221 / 321.0, EXACT);
    }

    @Test
    void equalCandidatesScoreAlike() {
        assertThat(idle(3).scores(scorer, 2000)).containsExactly(1, 1, 1);
        assertThat(idle(1).scores(scorer, 2000)).containsExactly(1);
        assertThat(idle(0).scores(scorer, 2000)).isEmpty();
    }

    @Test
    void evenAFullyCachedPromptComputesOneToken() {
        FakeCandidates one = idle(1).with(Signal.CACHED_TOKENS, 5000);
        assertThat(terms(one, 2000)[3]).isCloseTo(0.1, EXACT);
    }

    @Test
    void theCachedEndpointWinsWhenLoadIsEqual() {
        FakeCandidates candidates = idle(3).with(Signal.PENDING_PREFILL_TOKENS, 4000)
                .with(Signal.IN_FLIGHT_REQUESTS, 9)
                .with(Signal.DECODING_REQUESTS, 6)
                .with(Signal.OUTPUT_TOKENS, 300)
                .with(Signal.CACHED_TOKENS, 0, 6000, 0);
        assertThat(best(candidates, 7000)).isEqualTo(1);
    }

    @Test
    void theCachedEndpointLosesExactlyWhenTheQueueThereExceedsTheSaving() {
        // 600 ms of prefill saved, and 16 times that for what a second copy would push out
        FakeCandidates candidates = idle(2).with(Signal.CACHED_TOKENS, 6000, 0);
        assertThat(best(candidates.with(Signal.PENDING_PREFILL_TOKENS, 101_999, 0), 7000))
                .isEqualTo(0);
        assertThat(best(candidates.with(Signal.PENDING_PREFILL_TOKENS, 102_001, 0), 7000))
                .isEqualTo(1);
    }

    @Test
    void onlyWhatAnotherCandidateHoldsCountsAsACopy() {
        // H = 1500, h = 500: 1000 tokens are 100 ms, and twice that
        FakeCandidates candidates = idle(3).with(Signal.CACHED_TOKENS, 500, 1500, 0)
                .with(Signal.IN_FLIGHT_REQUESTS, 4)
                .with(Signal.DECODING_REQUESTS, 4);
        assertThat(terms(candidates, 2000)[7]).isCloseTo(2 * 100, EXACT);
        assertThat(scorer.terms(new FakeRequest(2000), candidates, 1)[7]).isZero();
        assertThat(terms(candidates.with(Signal.CACHED_TOKENS, UNKNOWN), 2000)[7])
                .isZero();
    }

    @Test
    void whatIsFetchedCostsItsTimeAndDisturbsNobody() {
        // 7000 tokens at 10 tokens/ms, of which 6000 are fetched in 90 ms; 4 streams run
        FakeCandidates candidates = idle(2).with(Signal.CACHED_TOKENS, 6000, 0)
                .with(Signal.IN_FLIGHT_REQUESTS, 4)
                .with(Signal.DECODING_REQUESTS, 4);
        double[] computed = scorer.terms(new FakeRequest(7000), candidates, 1);
        double[] fetched = scorer.terms(
                new FakeRequest(7000),
                candidates.with(Signal.PULLED_TOKENS, 0, 6000).with(Signal.PULL_MS, 0, 90),
                1);
        double[] held = scorer.terms(new FakeRequest(7000), candidates, 0);
        int prefill = LeastWorkScorer.TERMS.indexOf("prefill_ms");
        int pull = LeastWorkScorer.TERMS.indexOf("pull_ms");
        int interference = LeastWorkScorer.TERMS.indexOf("interference_ms");
        assertThat(computed[prefill]).isCloseTo(700, EXACT);
        assertThat(fetched[prefill]).isEqualTo(held[prefill]).isCloseTo(100, EXACT);
        assertThat(fetched[pull]).isCloseTo(90, EXACT);
        assertThat(fetched[interference]).isEqualTo(held[interference]);
        assertThat(fetched[7]).as("it takes room like what is computed").isEqualTo(computed[7]);
    }

    @Test
    void whatNobodyHoldsGetsItsHomeWhereMostRoomIsLeft() {
        FakeCandidates candidates = idle(3).with(Signal.CACHE_FILL, 0.6, 0.5, 0.7);
        assertThat(best(candidates, 2000)).isEqualTo(1);
        // 200 ms of prefill, twice that for the 0.6 of them that push something out
        assertThat(terms(candidates, 2000)[7]).isCloseTo(2 * 0.6 * 200, EXACT);
    }

    @Test
    void aHotPrefixGetsASecondHomeAndThenBothAreEqual() {
        FakeCandidates candidates = idle(2).with(Signal.OUTPUT_TOKENS, 1000)
                .with(Signal.CACHED_TOKENS, 6000, 0)
                .with(Signal.IN_FLIGHT_REQUESTS, 50, 0)
                .with(Signal.DECODING_REQUESTS, 50, 0);
        assertThat(best(candidates, 7000)).isEqualTo(0);
        candidates.with(Signal.IN_FLIGHT_REQUESTS, 300, 0).with(Signal.DECODING_REQUESTS, 300, 0);
        assertThat(best(candidates, 7000)).isEqualTo(1);
        candidates
                .with(Signal.CACHED_TOKENS, 6000, 6000)
                .with(Signal.IN_FLIGHT_REQUESTS, 12, 11)
                .with(Signal.DECODING_REQUESTS, 12, 11);
        assertThat(best(candidates, 7000)).isEqualTo(1);
    }

    @Test
    void anEngineLearnedToBeThreeTimesSlowerLoses() {
        FakeCandidates candidates = idle(3).with(Signal.PREFILL_RATE, 10_000, 3333, 10_000);
        double[] scores = candidates.scores(standard, 2000);
        assertThat(scores[1]).isLessThan(0.5);
        // it still serves when the others have more than the difference of 400 ms ahead
        candidates.with(Signal.PENDING_PREFILL_TOKENS, 4100, 0, 4100);
        assertThat(best(candidates, 2000)).isEqualTo(1);
    }

    @Test
    void aSlowDecoderLosesWhatIsMostlyDecoding() {
        FakeCandidates candidates = idle(2).with(Signal.TOKEN_TIME_MS, 30, 10).with(Signal.CACHED_TOKENS, 1000, 0);
        assertThat(best(candidates.with(Signal.OUTPUT_TOKENS, 500), 1000)).isEqualTo(1);
        assertThat(best(candidates.with(Signal.OUTPUT_TOKENS, 1), 1000)).isEqualTo(0);
    }

    @Test
    void decodePileUpRepelsAlthoughNothingWaits() {
        FakeCandidates candidates = idle(2).with(Signal.OUTPUT_TOKENS, 2000)
                .with(Signal.CACHED_TOKENS, 3000, 0)
                .with(Signal.IN_FLIGHT_REQUESTS, 4, 4)
                .with(Signal.DECODING_REQUESTS, 4, 4);
        assertThat(best(candidates, 3200)).isEqualTo(0);
        candidates.with(Signal.IN_FLIGHT_REQUESTS, 80, 4).with(Signal.DECODING_REQUESTS, 80, 4);
        assertThat(best(candidates, 3200)).isEqualTo(1);
    }

    @Test
    void aLongPromptAvoidsTheEngineWhereItWouldDelayMoreStreams() {
        FakeCandidates candidates = idle(2).with(Signal.TOKEN_TIME_SLOPE_MS, 0)
                .with(Signal.IN_FLIGHT_REQUESTS, 8, 2)
                .with(Signal.DECODING_REQUESTS, 8, 2);
        assertThat(best(candidates, 8000)).isEqualTo(1);
    }

    @Test
    void waitingRequestsBeyondOurOwnCountAsWork() {
        // 6 wait and 10 run there, 12 are ours: 4 foreign ones, each taken for (Q + n) / (k - d + 1) = 3000/3 tokens
        FakeCandidates one = idle(1).with(Signal.WAITING, 6)
                .with(Signal.RUNNING, 10)
                .with(Signal.IN_FLIGHT_REQUESTS, 12)
                .with(Signal.DECODING_REQUESTS, 10)
                .with(Signal.PENDING_PREFILL_TOKENS, 2000);
        assertThat(terms(one, 1000)[1]).isCloseTo(4 * 1000 / 10.0, EXACT);
        assertThat(terms(one.with(Signal.IN_FLIGHT_REQUESTS, 16), 1000)[1]).isZero();
        assertThat(terms(one.with(Signal.WAITING, UNKNOWN), 1000)[1]).isZero();
    }

    @Test
    void aFullCacheCostsTheStreamsThatMustEndFirstAndOnlyWhileRequestsWait() {
        FakeCandidates one = idle(1).with(Signal.KV_USAGE, 0.99)
                .with(Signal.WAITING, 2)
                .with(Signal.IN_FLIGHT_REQUESTS, 20)
                .with(Signal.DECODING_REQUESTS, 18)
                .with(Signal.OUTPUT_TOKENS, 200);
        // 3 of 20 streams of 200 tokens at 12 ms must end: 3 * 2400 / 20
        assertThat(terms(one, 1000)[2]).isCloseTo(360, EXACT);
        assertThat(terms(one.with(Signal.WAITING, 0), 1000)[2]).isZero();
        assertThat(terms(one.with(Signal.WAITING, 2).with(Signal.KV_USAGE, 0.94), 1000)[2])
                .isZero();
    }

    @Test
    void aFullCacheIsNoPenaltyWhileNothingWaits() {
        FakeCandidates candidates = idle(2).with(Signal.KV_USAGE, 1.0, 0.1).with(Signal.WAITING, 0);
        assertThat(candidates.scores(scorer, 1000)).containsExactly(1, 1);
    }

    @Test
    void aWarmingEndpointGetsItsShare() {
        // cost 220 ms; a share of a quarter makes it 880 ms
        FakeCandidates one = idle(1).with(Signal.SLOW_START, 0.25);
        assertThat(terms(one, 2000)[9]).isCloseTo(660, EXACT);
        FakeCandidates candidates =
                idle(2).with(Signal.SLOW_START, 0.25, 1).with(Signal.PENDING_PREFILL_TOKENS, 0, 5000);
        assertThat(best(candidates, 2000)).isEqualTo(1);
        assertThat(best(candidates.with(Signal.PENDING_PREFILL_TOKENS, 0, 7000), 2000))
                .isEqualTo(0);
    }

    @Test
    void aSessionBreaksTiesAndNothingElse() {
        FakeCandidates candidates = idle(3).with(Signal.SESSION, 0, 0, 1);
        assertThat(best(candidates, 1000)).isEqualTo(2);
        assertThat(best(candidates.with(Signal.PENDING_PREFILL_TOKENS, 0, 0, 11), 1000))
                .isNotEqualTo(2);
    }

    @Test
    void aCandidateWhoseLedgerOrRatesAreUnknownAbstains() {
        for (Signal signal : new Signal[] {
            Signal.PENDING_PREFILL_TOKENS,
            Signal.PREFILL_RATE,
            Signal.OVERHEAD_MS,
            Signal.TOKEN_TIME_MS,
            Signal.TOKEN_TIME_SLOPE_MS,
            Signal.IN_FLIGHT_REQUESTS,
            Signal.DECODING_REQUESTS
        }) {
            double[] scores = idle(2).with(signal, UNKNOWN, 1).scores(scorer, 1000);
            assertThat(scores[0]).as(signal.name()).isNaN();
            assertThat(scores[1]).as(signal.name()).isEqualTo(1);
            assertThat(idle(2).with(signal, -1, Double.POSITIVE_INFINITY).scores(scorer, 1000))
                    .as(signal.name())
                    .containsExactly(UNKNOWN, UNKNOWN);
        }
    }

    @Test
    void scoresStayBetweenZeroAndOneForAnyInput() {
        Random random = new Random(11);
        double[] odd = {
            0, 1, -1, 0.5, 1e-300, 1e300, 1e12, UNKNOWN, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY, 250
        };
        for (int round = 0; round < 20_000; round++) {
            FakeCandidates candidates = idle(4);
            for (Signal signal : Signal.values()) {
                if (random.nextBoolean()) {
                    candidates.with(signal, any(odd, random), any(odd, random), any(odd, random), any(odd, random));
                }
            }
            for (double score : candidates.scores(standard, random.nextInt(5000))) {
                assertThat(Double.isNaN(score) || (score > 0 && score <= 1))
                        .as("round %d: %s", round, score)
                        .isTrue();
            }
        }
    }

    @Test
    void theScoreFallsWithEverySignalThatMeansMoreWork() {
        Random random = new Random(5);
        Signal[] more = {
            Signal.PENDING_PREFILL_TOKENS,
            Signal.IN_FLIGHT_REQUESTS,
            Signal.OVERHEAD_MS,
            Signal.TOKEN_TIME_MS,
            Signal.TOKEN_TIME_SLOPE_MS
        };
        for (int round = 0; round < 2000; round++) {
            for (Signal signal : more) {
                double value = random.nextInt(1, 100);
                double[] scores = idle(2).with(Signal.OUTPUT_TOKENS, 1 + random.nextInt(1000))
                        .with(Signal.IN_FLIGHT_REQUESTS, 1)
                        .with(signal, value, value + 1)
                        .scores(standard, random.nextInt(20_000));
                assertThat(scores[1]).as(signal.name()).isLessThan(scores[0]);
            }
        }
    }

    @Test
    void scoringTwiceGivesTheSame() {
        FakeCandidates candidates =
                idle(3).with(Signal.PENDING_PREFILL_TOKENS, 1, 2, 3).with(Signal.CACHED_TOKENS, 100, 0, 300);
        double[] once = candidates.scores(standard, 999);
        standard.score(new FakeRequest(5), idle(7), new double[7]);
        assertThat(candidates.scores(standard, 999)).isEqualTo(once);
    }

    @Test
    void theExplanationAddsUpToWhatTheScoreIsMadeOf() {
        FakeCandidates candidates = idle(2).with(Signal.PENDING_PREFILL_TOKENS, 700, 90)
                .with(Signal.SESSION, 1, 0)
                .with(Signal.SLOW_START, 1, 0.5)
                .with(Signal.OUTPUT_TOKENS, 64);
        double[] scores = candidates.scores(standard, 640);
        double[] costs = new double[2];
        for (int i = 0; i < 2; i++) {
            for (double term : standard.terms(new FakeRequest(640), candidates, i)) {
                costs[i] += term;
            }
        }
        double least = Math.min(costs[0], costs[1]);
        assertThat(scores)
                .containsExactly(new double[] {(1 + least) / (1 + costs[0]), (1 + least) / (1 + costs[1])}, EXACT);
    }

    /** Idle engines of 10 tokens/ms prefill, 20 ms overhead, 10 ms per token, 0.1 ms more for each further stream. */
    private static FakeCandidates idle(int size) {
        return FakeCandidates.of(size)
                .with(Signal.PENDING_PREFILL_TOKENS, 0)
                .with(Signal.PREFILL_RATE, 10_000)
                .with(Signal.OVERHEAD_MS, 20)
                .with(Signal.TOKEN_TIME_MS, 10)
                .with(Signal.TOKEN_TIME_SLOPE_MS, 0.1)
                .with(Signal.IN_FLIGHT_REQUESTS, 0)
                .with(Signal.DECODING_REQUESTS, 0)
                .with(Signal.CACHED_TOKENS, 0)
                .with(Signal.OUTPUT_TOKENS, 0);
    }

    private double[] terms(FakeCandidates candidates, int promptTokens) {
        return scorer.terms(new FakeRequest(promptTokens), candidates, 0);
    }

    private int best(FakeCandidates candidates, int promptTokens) {
        double[] scores = candidates.scores(standard, promptTokens);
        int best = 0;
        for (int i = 1; i < scores.length; i++) {
            if (scores[i] > scores[best]) {
                best = i;
            }
        }
        return best;
    }

    private static double any(double[] of, Random random) {
        return of[random.nextInt(of.length)];
    }
}
