package dev.sluice.core.flow;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.core.flow.Eviction.Need;
import dev.sluice.core.flow.Eviction.Rules;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Who is taken back, how many, and when again. */
class EvictionTest {
    private static final long MS = 1_000_000;

    private final Eviction eviction = new Eviction(new Rules(true, 500 * MS));

    private List<Running> run(int... priorities) {
        List<Running> running = new ArrayList<>();
        for (int priority : priorities) {
            Running request = new Running(priority, "e");
            eviction.began(request);
            running.add(request);
        }
        return running;
    }

    private List<Running> round(Need need, long ms) {
        return eviction.round(need, victim -> true, ms * MS);
    }

    /** By a detector that sees ten requests. */
    private static Need full(double saturation) {
        return Need.of(0, saturation, 1, 10);
    }

    @Test
    void theLowestPriorityGoesFirstAndOfThoseTheOneThatCameLast() {
        List<Running> r = run(-1, -5, -5, -1);
        Need one = Need.of(0, 1);
        assertThat(round(one, 0)).containsExactly(r.get(2));
        eviction.ended(r.get(2), 0);
        assertThat(round(one, 10)).containsExactly(r.get(1));
        eviction.ended(r.get(1), 10 * MS);
        assertThat(round(one, 20)).containsExactly(r.get(3));
        eviction.ended(r.get(3), 20 * MS);
        assertThat(round(one, 30)).containsExactly(r.get(0));
        eviction.ended(r.get(0), 30 * MS);
        assertThat(round(one, 40)).isEmpty();
    }

    @Test
    void nobodyOfPriorityZeroOrAboveIsTakenBackNorAnybodyForOneBelow() {
        run(0, 3);
        assertThat(round(full(9), 0)).isEmpty();
        List<Running> batch = run(-1);
        assertThat(round(Need.of(-1, 9, 1, 10), 0)).isEmpty();
        assertThat(round(full(9), 0)).containsExactlyElementsOf(batch);
    }

    @Test
    void asManyAsAreThoughtToBeEnoughAndTwoARoundAtMost() {
        run(-1, -1, -1, -1, -1, -1, -1);
        // 10 requests make 1.25: each counts 0.125, and 0.25 are too much.
        assertThat(round(full(1.25), 0)).hasSize(2);
        assertThat(round(full(1.25), 10))
                .as("0.25 are pending: the next one is what brings it below")
                .hasSize(1);
        assertThat(round(full(1.25), 20)).as("three are enough").isEmpty();
        assertThat(round(full(3), 30)).as("much fuller now").hasSize(2);
    }

    @Test
    void roundsAreApart() {
        run(-1, -1, -1, -1);
        assertThat(round(full(4), 0)).hasSize(2);
        assertThat(round(full(4), 9)).isEmpty();
        assertThat(round(full(4), 10)).hasSize(2);
    }

    @Test
    void aVictimCountsUntilItsEndIsSureToShow() {
        List<Running> r = run(-1, -1);
        assertThat(round(full(1), 0)).containsExactly(r.get(1));
        assertThat(round(full(1), 50)).as("it runs still").isEmpty();
        eviction.ended(r.get(1), 60 * MS);
        assertThat(round(full(1), 559)).as("the detector lags by 500 ms").isEmpty();
        assertThat(eviction.pending()).isOne();
        assertThat(round(full(1), 560)).containsExactly(r.get(0));
    }

    @Test
    void whereTheLedgerSaysThatThereIsNoRoomTheGraceIsShort() {
        List<Running> r = run(-1, -1);
        assertThat(round(Need.of(0, 1), 0)).containsExactly(r.get(1));
        eviction.ended(r.get(1), 3 * MS);
        assertThat(round(Need.of(0, 1), 12)).isEmpty();
        assertThat(round(Need.of(0, 1), 13)).containsExactly(r.get(0));
    }

    @Test
    void whereThereIsNoRoomEveryOneThatWaitsGetsAPlace() {
        run(-1, -1, -1, -1, -1, -1);
        assertThat(round(Need.of(0, 5), 0)).hasSize(2);
        assertThat(round(Need.of(0, 5), 10)).hasSize(2);
        assertThat(round(Need.of(0, 5), 20)).as("four are pending").hasSize(1);
        assertThat(round(Need.of(0, 5), 30)).isEmpty();
        assertThat(round(Need.of(-1, 9), 40)).isEmpty();
    }

    @Test
    void aVictimThatDoesNotEndIsNotWaitedForForGood() {
        List<Running> r = run(-1, -1);
        assertThat(round(full(1), 0)).containsExactly(r.get(1));
        assertThat(round(full(1), 9_999)).isEmpty();
        assertThat(round(full(1), 10_000)).containsExactly(r.get(0));
        eviction.ended(r.get(1), 10_001 * MS);
        assertThat(eviction.pending()).as("what ends late counts no more").isOne();
    }

    @Test
    void whatHasEndedByItselfIsNotChosen() {
        List<Running> r = run(-1, -1);
        eviction.ended(r.get(1), 0);
        assertThat(eviction.pending()).isZero();
        assertThat(round(full(1), 0)).containsExactly(r.get(0));
        eviction.began(r.get(1));
        assertThat(eviction.candidates()).as("an end is an end").isZero();
    }

    @Test
    void onlyWhereItHelps() {
        Running there = new Running(-9, "leaving");
        Running here = new Running(-1, "e");
        eviction.began(there);
        eviction.began(here);
        assertThat(eviction.round(full(1), victim -> victim.endpoint().equals("e"), 0))
                .containsExactly(here);
        assertThat(eviction.candidates()).isOne();
    }

    @Test
    void belowItsCeilingNobodyIsTakenBackAndForAShutBandNeither() {
        run(-1);
        assertThat(round(full(0.99), 0)).isEmpty();
        assertThat(round(full(Double.NaN), 0)).isEmpty();
        assertThat(round(Need.of(0, 0.5, 0, 10), 0)).isEmpty();
        assertThat(round(full(1), 0)).hasSize(1);
    }

    @Test
    void nothingHappensWhileItIsOff() {
        eviction.configure(Rules.OFF);
        run(-1, -1);
        assertThat(round(full(9), 0)).isEmpty();
        assertThat(round(Need.of(0, 2), 0)).isEmpty();
        eviction.configure(new Rules(true, 0));
        assertThat(round(full(9), 0))
                .as("what ran before it was turned on counts too")
                .hasSize(2);
    }
}
