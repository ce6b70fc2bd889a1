package dev.sluice.core.prewarm;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.core.prewarm.ScaleAhead.Change;
import dev.sluice.core.prewarm.ScaleAhead.Now;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class ScaleAheadTest {
    private static final long HOLD = 300_000;
    private final ScaleAhead ahead = new ScaleAhead(4, HOLD);

    @Test
    void podsFollowFromWorkAndWhatAPodHolds() {
        assertThat(ScaleAhead.pods(0.9, 10, 10, 4)).isZero();
        assertThat(ScaleAhead.pods(5, 2, 6, 4)).isEqualTo(3);
        assertThat(ScaleAhead.pods(5, 2, 6.1, 4)).isEqualTo(4);
        assertThat(ScaleAhead.pods(5, 0.01, 1, 4)).isEqualTo(1);
        assertThat(ScaleAhead.pods(5, 2, Double.NaN, 4)).isEqualTo(1);
        assertThat(ScaleAhead.pods(Double.NaN, 2, 1, 4)).isZero();
        assertThat(ScaleAhead.pods(1e9, 1e9, 1e9, 1)).isEqualTo(1000);
    }

    @Test
    void itGoesUpAtOnceAndNeverBeyondItsBound() {
        assertThat(ahead.decide(2, new Now(0, 0, 0), 1000)).contains(new Change(2, 1000 + HOLD));
        assertThat(ahead.decide(9, new Now(2, 0, 1000 + HOLD), 2000)).contains(new Change(4, 2000 + HOLD));
        assertThat(ahead.decide(9, new Now(4, 0, 2000 + HOLD), 3000)).isEmpty();
    }

    @Test
    void itGoesDownOnlyWhenLessWasEnoughForAWhile() {
        Now now = new Now(3, 0, 1000 + HOLD);
        assertThat(ahead.decide(1, now, 1000 + HOLD - 1)).isEmpty();
        assertThat(ahead.decide(1, now, 1000 + HOLD)).contains(new Change(1, 1000 + 2 * HOLD));
        assertThat(ahead.decide(0, new Now(1, 0, 5000), 5000)).contains(new Change(0, 0));
    }

    @Test
    void whoStillWantsAsMuchProlongsItBeforeItsTime() {
        Now now = new Now(3, 0, 1000 + HOLD);
        assertThat(ahead.decide(3, now, 1000)).isEmpty();
        assertThat(ahead.decide(3, now, 1000 + HOLD * 2 / 3)).contains(new Change(3, 1000 + HOLD * 2 / 3 + HOLD));
    }

    @Test
    void whatTheOwnerSetIsNeverGoneBelowNorTouched() {
        assertThat(ahead.decide(0, new Now(2, 2, 0), 1)).isEmpty();
        assertThat(ahead.decide(1, new Now(2, 2, 0), 1)).isEmpty();
        assertThat(ahead.decide(3, new Now(2, 2, 0), 1)).contains(new Change(3, 1 + HOLD));
        assertThat(ahead.decide(0, new Now(3, 2, 0), 1)).contains(new Change(2, 0));
        // An owner who wants more than the bound has more.
        assertThat(ahead.decide(9, new Now(6, 6, 0), 1)).isEmpty();
    }

    @Test
    void twoGatewaysOfWhichOneSeesLessDoNotPullAtIt() {
        Now now = new Now(0, 0, 0);
        int changes = 0;
        for (long time = 0; time < 3_600_000; time += 1000) {
            for (int wanted : new int[] {3, 1}) {
                Optional<Change> change = ahead.decide(wanted, now, time);
                if (change.isPresent()) {
                    changes++;
                    now = new Now(change.get().least(), 0, change.get().until());
                }
            }
            assertThat(now.least()).isEqualTo(3);
        }
        assertThat(changes).isLessThan(30); // prolonged every two and a half minutes
    }
}
