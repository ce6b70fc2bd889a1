package dev.sluice.plugins;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.sluice.spi.Scorer;
import dev.sluice.spi.Signal;
import org.junit.jupiter.api.Test;

class CacheScorersTest {
    private static final double UNKNOWN = Double.NaN;
    private static final double INFINITE = Double.POSITIVE_INFINITY;

    private final Scorer prefix = new PrefixCacheScorer(new PrefixCacheConfig("", 0, 8192), Golden.context("prefix"));
    private final Scorer tokenLoad = new TokenLoadScorer(new TokenLoadConfig(4_194_304), Golden.context("tokens"));

    @Test
    void kvUseScoresWhatIsFree() {
        FakeCandidates candidates = FakeCandidates.of(6).with(Signal.KV_USAGE, 0, 0.25, 1, 1.5, UNKNOWN, -0.1);
        assertThat(candidates.scores(new KvCacheUtilizationScorer(), 10))
                .containsExactly(1, 0.75, 0, 0, UNKNOWN, UNKNOWN);
    }

    @Test
    void prefixScoreIsTheShareOfTheBlocksWithThePartialLastOneCounted() {
        // 100 tokens are 7 blocks of 16; 96 cached are 6 of them, 48 are 3, all 100 are 7
        FakeCandidates candidates = FakeCandidates.of(4)
                .with(Signal.BLOCK_SIZE, 16)
                .with(Signal.PROMPT_TOKENS, 100)
                .with(Signal.CACHED_TOKENS, 96, 48, 100, 0);
        assertThat(candidates.scores(prefix, 1)).containsExactly(6 / 7.0, 3 / 7.0, 1, 0);
    }

    @Test
    void prefixScoreCanWeighTheLengthOfTheMatch() {
        // ratio 4096/8192 = 0.5; L = (4096/8192)^2 = 0.25; 0.4 * 0.25 + 0.6 * 0.5 = 0.4; longer than the scale: L = 1
        Scorer scorer = new PrefixCacheScorer(
                new PrefixCacheConfig("approx-prefix-cache-producer", 0.4, 8192), Golden.context("prefix"));
        FakeCandidates half = FakeCandidates.of(1)
                .with(Signal.BLOCK_SIZE, 16)
                .with(Signal.PROMPT_TOKENS, 8192)
                .with(Signal.CACHED_TOKENS, 4096);
        assertThat(half.scores(scorer, 1)[0]).isCloseTo(0.4, within(1e-12));
        FakeCandidates longer = FakeCandidates.of(1)
                .with(Signal.BLOCK_SIZE, 16)
                .with(Signal.PROMPT_TOKENS, 32_768)
                .with(Signal.CACHED_TOKENS, 16_384);
        assertThat(longer.scores(scorer, 1)[0]).isCloseTo(0.4 + 0.6 * 0.5, within(1e-12));
    }

    @Test
    void aMissingPrefixMatchIsAKnownZero() {
        FakeCandidates candidates = FakeCandidates.of(3).with(Signal.CACHED_TOKENS, 50, UNKNOWN, -7);
        assertThat(candidates.scores(prefix, 100)).containsExactly(0.5, 0, 0);
        assertThat(FakeCandidates.of(2).scores(prefix, 100)).containsExactly(0, 0);
    }

    @Test
    void prefixScoreStaysInBoundsForWhatNoIndexWouldSay() {
        FakeCandidates candidates = FakeCandidates.of(3)
                .with(Signal.BLOCK_SIZE, 0, INFINITE, 16)
                .with(Signal.CACHED_TOKENS, 500, INFINITE, 1e300);
        assertThat(candidates.scores(prefix, 100)).containsExactly(1, 0, 1);
        assertThat(candidates.scores(prefix, 0)).containsExactly(0, 0, 0);
    }

    @Test
    void tokenLoadCountsTheTokensInFlightAndTheUncachedOnesOfThisRequest() {
        // T = 1000: 300 + (200 - 150) = 350; 300 + 200 = 500; 900 + 200 is past T
        Scorer scorer = new TokenLoadScorer(new TokenLoadConfig(1000), Golden.context("tokens"));
        FakeCandidates candidates = FakeCandidates.of(4)
                .with(Signal.IN_FLIGHT_TOKENS, 300, 300, 900, UNKNOWN)
                .with(Signal.CACHED_TOKENS, 150, 0, 0, 0);
        assertThat(candidates.scores(scorer, 200)).containsExactly(0.65, 0.5, 0, UNKNOWN);
    }

    @Test
    void tokenLoadHasTheThresholdOfAHundredAndTwentyEightLongContexts() {
        FakeCandidates candidates = FakeCandidates.of(2).with(Signal.IN_FLIGHT_TOKENS, 0, 1_048_576);
        assertThat(candidates.scores(tokenLoad, 0)).containsExactly(1, 0.75);
    }

    @Test
    void sessionAffinityIsAllOrNothingAndHasNoVoteWithoutASession() {
        Scorer scorer = new SessionAffinityScorer(SessionAffinityConfig.of("encoded_endpoint_header"));
        assertThat(FakeCandidates.of(3).with(Signal.SESSION, 0, 1, 0).scores(scorer, 10))
                .containsExactly(0, 1, 0);
        assertThat(FakeCandidates.of(2).scores(scorer, 10)).containsExactly(UNKNOWN, UNKNOWN);
    }
}
