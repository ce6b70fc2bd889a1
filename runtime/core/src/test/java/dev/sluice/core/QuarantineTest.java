package dev.sluice.core;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class QuarantineTest {
    private final Quarantine quarantine = new Quarantine(100);

    @Test
    void twoDeathsAreEnough() {
        assertThat(quarantine.died(7, 1)).isFalse();
        assertThat(quarantine.held(7, 2)).isFalse();
        assertThat(quarantine.died(7, 3)).isTrue();
        assertThat(quarantine.held(7, 4)).isTrue();
        assertThat(quarantine.held(8, 4)).as("another request").isFalse();
        assertThat(quarantine.held(4)).isEqualTo(1);
    }

    @Test
    void anAnswerClears() {
        quarantine.died(7, 1);
        quarantine.survived(7);
        assertThat(quarantine.died(7, 2)).isFalse();
        quarantine.survived(7);
        assertThat(quarantine.isEmpty()).isTrue();
    }

    @Test
    void deathsLongApartAreNoPattern() {
        quarantine.died(7, 1);
        assertThat(quarantine.died(7, 102)).isFalse();
        assertThat(quarantine.died(7, 150)).isTrue();
    }

    @Test
    void afterItsTimeOneMayTryAndAThirdDeathBringsItBack() {
        quarantine.died(7, 1);
        quarantine.died(7, 2);
        assertThat(quarantine.held(7, 101)).isTrue();
        assertThat(quarantine.held(7, 102)).isFalse();
        assertThat(quarantine.held(7, 103)).as("one, not all that come then").isTrue();
        assertThat(quarantine.died(7, 110)).isTrue();
        assertThat(quarantine.held(7, 111)).isTrue();
        assertThat(quarantine.held(7, 210)).isFalse();
        quarantine.survived(7);
        assertThat(quarantine.held(7, 211)).isFalse();
    }

    @Test
    void whatIsRememberedIsBounded() {
        for (long fingerprint = 0; fingerprint < Quarantine.MOST + 10; fingerprint++) {
            quarantine.died(fingerprint, 1);
            quarantine.died(fingerprint, 2);
        }
        assertThat(quarantine.held(3)).isEqualTo(Quarantine.MOST);
        assertThat(quarantine.held(0, 3)).as("the oldest is forgotten").isFalse();
    }

    @Test
    void withoutATimeNobodyIsHeld() {
        quarantine.died(7, 1);
        quarantine.configure(0);
        quarantine.died(7, 2);
        quarantine.died(7, 3);
        assertThat(quarantine.held(7, 4)).isFalse();
        assertThat(quarantine.isEmpty()).isTrue();
    }
}
