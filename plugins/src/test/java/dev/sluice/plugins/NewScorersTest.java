package dev.sluice.plugins;

import static dev.sluice.plugins.Golden.UNKNOWN;
import static dev.sluice.plugins.Golden.kept;
import static dev.sluice.plugins.Golden.labelled;
import static dev.sluice.plugins.Golden.scores;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.sluice.spi.ConfigException;
import dev.sluice.spi.Signal;
import dev.sluice.spi.testkit.TestCandidates;
import dev.sluice.spi.testkit.TestChoice;
import dev.sluice.spi.testkit.TestRequest;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NewScorersTest {
    private static final String RANGE = "llm-d.ai/context-length-range";

    @Test
    void adaptersAreBestWhereTheyAreInUseThenWhereOneFitsInThenWhereTheyAreWaitedFor() {
        TestCandidates candidates = TestCandidates.of(6)
                .with(Signal.ADAPTER_RUNNING, 1, 0, 0, 0, UNKNOWN, 0)
                .with(Signal.ADAPTER_WAITING, 0, 0, 1, 0, UNKNOWN, 0)
                .with(Signal.ADAPTERS, 4, 3, 4, 4, UNKNOWN, 1)
                .with(Signal.MAX_ADAPTERS, 4, 4, 4, 4, UNKNOWN, UNKNOWN);
        assertThat(scores(new LoraAffinityScorer(), TestRequest.PLAIN, candidates))
                .containsExactly(1, 0.8, 0.6, 0, UNKNOWN, 0);
        assertThat(scores(new LoraAffinityScorer(), TestRequest.PLAIN, TestCandidates.of(0)))
                .isEmpty();
    }

    @Test
    void coldPromptsGoToWhoHadOneLongestAgo() {
        NoHitLruScorer scorer = lru(1024);
        TestCandidates four = TestCandidates.of(4);
        // never used, by id: 1 - 0/3, 1 - 1/3, 1 - 2/3, 1 - 3/3
        assertScores(scorer, four, 1, 2 / 3.0, 1 / 3.0, 0);
        scorer.chosen(TestRequest.PLAIN, four, TestChoice.of(four.endpoint(0)));
        assertScores(scorer, four, 0, 1, 2 / 3.0, 1 / 3.0);
        scorer.chosen(TestRequest.PLAIN, four, TestChoice.of(four.endpoint(1)));
        assertScores(scorer, four, 1 / 3.0, 0, 1, 2 / 3.0);
        scorer.chosen(TestRequest.PLAIN, four, TestChoice.of(four.endpoint(0)));
        assertScores(scorer, four, 0, 1 / 3.0, 1, 2 / 3.0);
    }

    @Test
    void aPromptThatSomebodyHoldsScoresOneHalfAndChangesNothing() {
        NoHitLruScorer scorer = lru(1024);
        TestCandidates held = TestCandidates.of(3).with(Signal.CACHED_TOKENS, 0, 0, 1);
        assertScores(scorer, held, 0.5, 0.5, 0.5);
        scorer.chosen(TestRequest.PLAIN, held, TestChoice.of(held.endpoint(0)));
        assertScores(scorer, TestCandidates.of(3), 1, 0.5, 0);
        // less than a block is no hit
        assertScores(scorer, held.with(Signal.BLOCK_SIZE, 16, 16, 16), 1, 0.5, 0);
    }

    @Test
    void oneCandidateScoresOneAndNoneNothing() {
        assertScores(lru(1024), TestCandidates.of(1), 1);
        assertScores(lru(1024), TestCandidates.of(1).with(Signal.CACHED_TOKENS, 5), 0.5);
        assertScores(lru(1024), TestCandidates.of(0));
    }

    @Test
    void endpointsThatAreNoCandidatesKeepTheirPlaceAndScoresDontFallBelowZero() {
        NoHitLruScorer scorer = lru(1024);
        TestCandidates five = TestCandidates.of(5);
        for (int i = 0; i < 5; i++) {
            scorer.chosen(TestRequest.PLAIN, five, TestChoice.of(five.endpoint(i)));
        }
        // e3 and e4 alone: three were used before e3, 1 - 3/1 and 1 - 4/1
        TestCandidates last = TestCandidates.of(List.of(five.endpoint(3), five.endpoint(4)));
        assertScores(scorer, last, 0, 0);
    }

    @Test
    void thePrefillPickCountsAsUsedAndTheMemoryIsBounded() {
        NoHitLruScorer scorer = lru(2);
        TestCandidates four = TestCandidates.of(4);
        scorer.chosen(TestRequest.PLAIN, four, TestChoice.of(four.endpoint(0)).and("prefill", four.endpoint(3)));
        assertScores(scorer, four, 1 / 3.0, 1, 2 / 3.0, 0);
        scorer.chosen(TestRequest.PLAIN, four, TestChoice.of(four.endpoint(1)));
        // e0 is forgotten: never used are e0 and e2
        assertScores(scorer, four, 1, 0, 2 / 3.0, 1 / 3.0);
        assertThat(scorer.stateful()).isTrue();
        assertThat(new NoHitLruConfig(0, "", "", "").size()).isEqualTo(1024);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            # label      | tokens | score
            # 0.3 + 0.7 * (0.7 / 1.2 + 0.3 * 1000/2000) = 0.3 + 0.7 * 0.733333
            0-2000       | 1000   | 0.8133333333333334
            # 0.3 + 0.7 * 0.7 / 1.2
            0-2000       | 2000   | 0.7083333333333333
            500-500      | 500    | 1
            # 0.3 / (1 + 1000/1000)
            0-2000       | 3000   | 0.15
            4000-8000    | 3000   | 0.15
            2001-4000    | 2000   | 0.2997002997002997
            nonsense     | 10     | 0
            8-2          | 5      | 0
            -5-10        | 5      | 0
            1-2-3        | 2      | 0
            ' 0 - 2000 ' | 2000   | 0.7083333333333333
            """)
    void promptsFitSomeEndpointsBetterThanOthers(String label, int tokens, double expected) {
        ContextLengthAware part = new ContextLengthAware(new ContextLengthConfig(RANGE, false));
        TestCandidates candidates = labelled(Map.of(RANGE, label), Map.of());
        double[] scores = scores(part, TestRequest.PLAIN.withPromptTokens(tokens), candidates);
        assertThat(scores[0]).isCloseTo(expected, within(1e-12));
        assertThat(scores[1]).isEqualTo(0.5);
    }

    @Test
    void promptsOutOfRangeAreDroppedOnlyWhereThatIsWanted() {
        TestCandidates candidates =
                labelled(Map.of(RANGE, "0-1000"), Map.of(RANGE, "1001-2000"), Map.of(), Map.of(RANGE, "nonsense"));
        ContextLengthAware scoring = new ContextLengthAware(new ContextLengthConfig(RANGE, false));
        ContextLengthAware filtering = new ContextLengthAware(new ContextLengthConfig(RANGE, true));
        assertThat(kept(scoring, TestRequest.PLAIN, candidates)).containsExactly(0, 1, 2, 3);
        assertThat(kept(filtering, TestRequest.PLAIN, candidates)).containsExactly(0, 2);
        assertThat(kept(filtering, TestRequest.PLAIN.withPromptTokens(1001), candidates))
                .containsExactly(1, 2);
        assertThatThrownBy(() -> new ContextLengthConfig(" ", true)).isInstanceOf(ConfigException.class);
    }

    @Test
    void aLabelThatHasAHeadersValueScoresOne() {
        HeaderLabelAffinityScorer scorer = new HeaderLabelAffinityScorer(new HeaderLabelConfig("X-Zone", "zone"));
        TestCandidates candidates = labelled(Map.of("zone", "a"), Map.of("zone", "b"), Map.of());
        assertThat(scores(scorer, TestRequest.PLAIN.withHeader("x-zone", "b"), candidates))
                .containsExactly(0, 1, 0);
        assertThat(scores(scorer, TestRequest.PLAIN, candidates)).containsExactly(0, 0, 0);
        assertThat(scores(scorer, TestRequest.PLAIN.withHeader("x-zone", ""), candidates))
                .containsExactly(0, 0, 0);
        assertThatThrownBy(() -> new HeaderLabelConfig("", "zone")).isInstanceOf(ConfigException.class);
        assertThatThrownBy(() -> new HeaderLabelConfig("x", " ")).isInstanceOf(ConfigException.class);
    }

    private static NoHitLruScorer lru(int size) {
        return new NoHitLruScorer(new NoHitLruConfig(size, "", "", ""), Golden.context("no-hit-lru-scorer"));
    }

    private static void assertScores(NoHitLruScorer scorer, TestCandidates candidates, double... expected) {
        assertThat(scores(scorer, TestRequest.PLAIN, candidates)).containsExactly(expected, within(1e-12));
    }
}
