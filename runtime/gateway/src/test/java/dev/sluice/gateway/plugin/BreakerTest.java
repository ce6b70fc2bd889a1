package dev.sluice.gateway.plugin;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class BreakerTest {
    private static final long SECOND = 1_000_000_000L;
    private final Breaker breaker = new Breaker(0);

    @Test
    void fiveFaultsInTenSecondsOpenIt() {
        for (int i = 0; i < 4; i++) {
            breaker.fault(i * SECOND, "no");
        }
        assertThat(breaker.admits(4 * SECOND)).isTrue();
        breaker.fault(5 * SECOND, "no more");

        assertThat(breaker.admits(5 * SECOND)).isFalse();
        assertThat(breaker.state()).isEqualTo(Breaker.State.OPEN);
        assertThat(breaker.last()).isEqualTo("no more");
    }

    @Test
    void faultsThatAreFarApartDoNot() {
        for (int i = 0; i < 20; i++) {
            breaker.fault(i * (4 * SECOND), "no");
        }
        assertThat(breaker.state()).isEqualTo(Breaker.State.CLOSED);
    }

    @Test
    void fiveLateCallsInARowOpenItWhateverWasBefore() {
        for (int i = 0; i < 10_000; i++) {
            breaker.good(i);
        }
        for (int i = 0; i < 4; i++) {
            breaker.late(SECOND, "late");
        }
        breaker.good(SECOND);
        for (int i = 0; i < 4; i++) {
            breaker.late(SECOND, "late");
        }
        assertThat(breaker.state()).isEqualTo(Breaker.State.CLOSED);
        breaker.late(SECOND, "late");
        assertThat(breaker.state()).isEqualTo(Breaker.State.OPEN);
    }

    @Test
    void aFifthOfTheCallsLateOpensItAndATenthDoesNot() {
        for (int i = 0; i < 100; i++) {
            breaker.late(i, "late");
            for (int j = 0; j < 9; j++) {
                breaker.good(i);
            }
        }
        assertThat(breaker.state()).isEqualTo(Breaker.State.CLOSED);
        Breaker slower = new Breaker(0);
        for (int i = 0; i < 5; i++) {
            for (int j = 0; j < 4; j++) {
                slower.good(i);
            }
            slower.late(i, "late");
        }
        assertThat(slower.state()).isEqualTo(Breaker.State.OPEN);
    }

    @Test
    void afterFiveSecondsOneCallIsLetThroughAndASuccessClosesIt() {
        open(0);
        assertThat(breaker.admits(5 * SECOND - 1)).isFalse();
        assertThat(breaker.admits(5 * SECOND)).isTrue();
        assertThat(breaker.admits(5 * SECOND)).as("one only").isFalse();
        breaker.good(5 * SECOND);

        assertThat(breaker.state()).isEqualTo(Breaker.State.CLOSED);
        assertThat(breaker.admits(5 * SECOND)).isTrue();
    }

    @Test
    void everyFailedTrialDoublesThePauseUpToAMinute() {
        open(0);
        long now = 5 * SECOND;
        for (long pause : new long[] {10, 20, 40, 60, 60}) {
            assertThat(breaker.admits(now)).isTrue();
            breaker.late(now, "late");
            assertThat(breaker.admits(now + pause * SECOND - 1)).isFalse();
            now += pause * SECOND;
        }
        assertThat(breaker.admits(now)).isTrue();
    }

    @Test
    void aTrialThatNeverRanIsMadeAgainAtOnce() {
        open(0);
        assertThat(breaker.admits(5 * SECOND)).isTrue();
        breaker.notAsked(5 * SECOND);

        assertThat(breaker.admits(5 * SECOND)).isTrue();
    }

    private void open(long now) {
        for (int i = 0; i < 5; i++) {
            breaker.fault(now, "no");
        }
    }
}
