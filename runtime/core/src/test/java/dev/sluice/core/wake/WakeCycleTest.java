package dev.sluice.core.wake;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.core.discovery.EndpointSource.Rang;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class WakeCycleTest {
    private static final long MS = 1_000_000;
    private final StartTimes times = new StartTimes();
    private final WakeCycle cycle = new WakeCycle(times);

    private void sleepAt(long now) {
        cycle.look(0, false, now);
    }

    @Test
    void howeverManyAskOneRingGoesOut() {
        sleepAt(0);
        int rings = 0;
        for (int i = 0; i < 50; i++) {
            rings += cycle.ask(i * MS) ? 1 : 0;
        }
        assertThat(rings).isEqualTo(1);
    }

    @Test
    void whatIsAwakeIsNotRungFor() {
        cycle.look(1, true, 0);
        assertThat(cycle.ask(MS)).isFalse();
        assertThat(cycle.eta(MS)).hasValue(0);
    }

    @Test
    void theTimeOfAStartIsLearnedFromTheFirstRequestToTheFirstEndpointInService() {
        sleepAt(0);
        assertThat(cycle.eta(0)).isEmpty();
        cycle.ask(1000 * MS);
        cycle.rang(Rang.ANSWERED, 2000 * MS);
        assertThat(cycle.look(1, true, 2500 * MS)).contains(WakeCycle.End.WOKEN);
        assertThat(times.expected()).hasValue(1500 * MS);
        sleepAt(9000 * MS);
        cycle.ask(10_000 * MS);
        assertThat(cycle.eta(10_500 * MS)).hasValue(1000 * MS);
    }

    @Test
    void aRingThatIsRefusedIsRepeatedLaterAndLaterWhileSomebodyWaits() {
        sleepAt(0);
        cycle.ask(0);
        cycle.rang(Rang.REFUSED, 0);
        assertThat(cycle.ask(199 * MS)).isFalse();
        assertThat(cycle.ask(200 * MS)).isTrue();
        cycle.rang(Rang.REFUSED, 200 * MS);
        assertThat(cycle.ask(599 * MS)).isFalse();
        assertThat(cycle.ask(600 * MS)).isTrue();
    }

    @Test
    void aRingThatOnlyTookTooLongIsRepeatedAtOnce() {
        sleepAt(0);
        cycle.ask(0);
        cycle.rang(Rang.NOT_YET, 60_000 * MS);
        assertThat(cycle.ask(60_000 * MS)).isTrue();
    }

    @Test
    void whenNobodyWaitsAnyMoreAFailedWakingEnds() {
        sleepAt(0);
        cycle.ask(0);
        cycle.rang(Rang.FAILED, MS);
        assertThat(cycle.look(0, true, 2 * MS)).isEmpty();
        assertThat(cycle.look(0, false, 3 * MS)).contains(WakeCycle.End.GIVEN_UP);
        assertThat(cycle.state()).isEqualTo(WakeCycle.State.ASLEEP);
    }

    @Test
    void anAnsweredRingWhoseEndpointNeverComesIsRepeated() {
        sleepAt(0);
        cycle.ask(0);
        cycle.rang(Rang.ANSWERED, 0);
        assertThat(cycle.look(0, true, 9_000 * MS)).isEmpty();
        assertThat(cycle.ask(9_000 * MS)).isFalse();
        cycle.look(0, true, 10_001 * MS);
        assertThat(cycle.ask(10_001 * MS)).isTrue();
    }

    @Test
    void aClientIsToldTheSlowerOfRecentStartsAndAQuarterMoreOfOneThatIsLate() {
        for (int seconds = 1; seconds <= 4; seconds++) {
            times.took(Duration.ofSeconds(seconds));
        }
        assertThat(times.expected()).hasValue(Duration.ofSeconds(3).toNanos());
        assertThat(times.left(Duration.ofSeconds(8).toNanos()))
                .hasValue(Duration.ofSeconds(2).toNanos());
        for (int i = 0; i < 16; i++) {
            times.took(Duration.ofSeconds(10));
        }
        assertThat(times.expected()).hasValue(Duration.ofSeconds(10).toNanos());
    }
}
