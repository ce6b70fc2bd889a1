package dev.sluice.core;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class CacheTrustTest {
    private final CacheTrust trust = new CacheTrust(400_000);

    @Test
    void confirmedPredictionsAreBelieved() {
        for (int i = 0; i < 100; i++) {
            trust.observe(6000, 6000, 100_000, 16);
        }
        assertThat(trust.factor()).isGreaterThan(0.99);
        assertThat(trust.capacityTokens()).isEqualTo(400_000);
    }

    @Test
    void aCacheThatHoldsMoreThanTheIndexRemembersIsFoundToo() {
        for (int i = 0; i < 50; i++) {
            trust.observe(0, 6000, 100_000, 16);
        }
        assertThat(trust.capacityTokens()).isGreaterThan(1_500_000);
        assertThat(trust.factor()).isEqualTo(1);
    }

    @Test
    void aCacheCutToAQuarterIsFoundWithinFiftyAnswers() {
        for (int i = 0; i < 60; i++) {
            trust.observe(6000, 0, Math.min(trust.capacityTokens(), 300_000), 16);
        }
        assertThat(trust.factor()).isLessThan(0.3);
        assertThat(trust.capacityTokens()).isLessThan(100_000);
    }

    @Test
    void oneMissDoesNotCostTheWholeIndex() {
        trust.observe(6000, 0, 300_000, 16);
        assertThat(trust.capacityTokens()).isBetween(285_000.0, 300_000.0);
    }

    @Test
    void missesByABlockOrTwoAreRounding() {
        trust.observe(6000, 5980, 300_000, 16);
        assertThat(trust.capacityTokens()).isGreaterThanOrEqualTo(400_000);
    }

    @Test
    void noPredictionTeachesNothing() {
        trust.observe(0, 0, 300_000, 16);
        assertThat(trust.factor()).isEqualTo(1);
        assertThat(trust.capacityTokens()).isEqualTo(400_000);
    }

    @Test
    void whatTheEngineSaysOfItsSizeBoundsTheGrowth() {
        trust.bound(Double.NaN);
        trust.bound(300_000);
        for (int i = 0; i < 1000; i++) {
            trust.observe(3000, 6000, 100_000, 16);
        }
        assertThat(trust.capacityTokens()).isEqualTo(300_000);
    }

    @Test
    void theFactorIsNeverAboveOne() {
        for (int i = 0; i < 100; i++) {
            trust.observe(100, 60_000, 100_000, 16);
        }
        assertThat(trust.factor()).isLessThanOrEqualTo(1);
    }

    @Test
    void unknownIsNotZeroForTheIndexEither() {
        Fixture f = new Fixture(1);
        for (int i = 0; i < 50; i++) {
            Charge charge = f.charge("e0", new Work(6000, 5000, 10));
            int held = f.pool.settle(charge, Outcome.COMPLETED, new Usage(6000, -1, 10), 0, 24_000, f.now);
            assertThat(held).isEqualTo(-1);
        }
        assertThat(f.report("e0").cacheTrust()).isEqualTo(1);
        Charge charge = f.charge("e0", new Work(6000, 5000, 10));
        assertThat(f.pool.settle(charge, Outcome.COMPLETED, new Usage(6000, 0, 10), 0, 24_000, f.now))
                .isZero();
        assertThat(f.report("e0").cacheTrust()).isLessThan(1);
    }
}
