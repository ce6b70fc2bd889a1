package dev.sluice.core;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Set;
import org.junit.jupiter.api.Test;

class KnownTokensTest {
    private final Fixture fixture = new Fixture(4);

    private Placement placement(KnownTokens known) {
        Placement guessed = fixture.placement(50, 50, 50, 0);
        return new Placement(
                guessed.request(),
                guessed.snapshot(),
                guessed.matchedBlocks(),
                "",
                Set.of(),
                Set.of(),
                1,
                Splitting.PLAIN,
                known);
    }

    @Test
    void whatAnEngineTellsGoesBeforeWhatIsGuessedOfIt() {
        KnownTokens known = new KnownTokens(4);
        known.put(0, 160, true);
        known.put(1, 160, false);
        known.put(3, 320, false);
        Placement placement = placement(known);
        assertThat(placement.rawCachedTokens(0)).as("told, and all there is").isEqualTo(160);
        assertThat(placement.rawCachedTokens(1))
                .as("told, but there may be more")
                .isEqualTo(800);
        assertThat(placement.rawCachedTokens(2)).as("guessed").isEqualTo(800);
        assertThat(placement.rawCachedTokens(3))
                .as("a lower bound above the guess")
                .isEqualTo(320);
        assertThat(placement(KnownTokens.NONE).rawCachedTokens(0)).isEqualTo(800);
    }

    @Test
    void onlyGuessesAreScaledByTrust() {
        Charge charge = fixture.charge("e0", new Work(1600, 800, 10));
        fixture.pool.settle(charge, Outcome.COMPLETED, new Usage(1600, 0, 10), 0, 0, fixture.now);
        KnownTokens known = new KnownTokens(1);
        known.put(0, 800, true);
        assertThat(placement(KnownTokens.NONE).cachedTokens(0)).isLessThan(500);
        assertThat(placement(known).cachedTokens(0)).isEqualTo(800);
        known.put(0, 0, true);
        assertThat(placement(known).cachedTokens(0)).isZero();
    }

    @Test
    void theLastTokenIsAlwaysComputed() {
        KnownTokens known = new KnownTokens(1);
        known.put(0, 1600, true);
        assertThat(placement(known).cachedTokens(0)).isEqualTo(1599);
    }
}
