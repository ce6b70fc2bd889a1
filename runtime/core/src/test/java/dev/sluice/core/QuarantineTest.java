package dev.sluice.core;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class QuarantineTest {
    private final Quarantine quarantine = new Quarantine(100);

    @Test
    void twoDeathsAreEnough() {
        assertThat(quarantine.died(7, "e1", 1)).isFalse();
        assertThat(quarantine.held(7, 2)).isFalse();
        assertThat(quarantine.died(7, "e2", 3)).isTrue();
        assertThat(quarantine.held(7, 4)).isTrue();
        assertThat(quarantine.held(8, 4)).as("another request").isFalse();
        assertThat(quarantine.held(4)).isEqualTo(1);
    }

    @Test
    void oneEngineThatTakesManyAlikeAlongIsOneDeath() {
        Quarantine long1 = new Quarantine(100_000_000_000L);
        for (int i = 0; i < 30; i++) {
            assertThat(long1.died(7, "e", i)).isFalse();
        }
        assertThat(long1.held(7, 40)).isFalse();
        assertThat(long1.died(7, "e", Quarantine.SAME_DEATH_NS + 1))
                .as("it came back and died again")
                .isTrue();
    }

    @Test
    void anAnswerClears() {
        quarantine.died(7, "e3", 1);
        quarantine.survived(7);
        assertThat(quarantine.died(7, "e4", 2)).isFalse();
        quarantine.survived(7);
        assertThat(quarantine.isEmpty()).isTrue();
    }

    @Test
    void deathsLongApartAreNoPattern() {
        quarantine.died(7, "e5", 1);
        assertThat(quarantine.died(7, "e6", 102)).isFalse();
        assertThat(quarantine.died(7, "e7", 150)).isTrue();
    }

    @Test
    void afterItsTimeOneMayTryAndAThirdDeathBringsItBack() {
        quarantine.died(7, "e8", 1);
        quarantine.died(7, "e9", 2);
        assertThat(quarantine.held(7, 101)).isTrue();
        assertThat(quarantine.held(7, 102)).isFalse();
        assertThat(quarantine.held(7, 103)).as("one, not all that come then").isTrue();
        assertThat(quarantine.died(7, "e10", 110)).isTrue();
        assertThat(quarantine.held(7, 111)).isTrue();
        assertThat(quarantine.held(7, 210)).isFalse();
        quarantine.survived(7);
        assertThat(quarantine.held(7, 211)).isFalse();
    }

    @Test
    void whatIsRememberedIsBounded() {
        for (long fingerprint = 0; fingerprint < Quarantine.MOST + 10; fingerprint++) {
            quarantine.died(fingerprint, "e11", 1);
            quarantine.died(fingerprint, "e12", 2);
        }
        assertThat(quarantine.held(3)).isEqualTo(Quarantine.MOST);
        assertThat(quarantine.held(0, 3)).as("the oldest is forgotten").isFalse();
    }

    @Test
    void withoutATimeNobodyIsHeld() {
        quarantine.died(7, "e13", 1);
        quarantine.configure(0);
        quarantine.died(7, "e14", 2);
        quarantine.died(7, "e15", 3);
        assertThat(quarantine.held(7, 4)).isFalse();
        assertThat(quarantine.isEmpty()).isTrue();
    }
}
