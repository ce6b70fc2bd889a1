package dev.sluice.core;

import static dev.sluice.core.SplitFixture.D0;
import static dev.sluice.core.SplitFixture.D1;
import static dev.sluice.core.SplitFixture.P0;
import static dev.sluice.core.SplitFixture.P1;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

/** What is learned of the way between two endpoints. */
class LinksTest {
    private static final Links.Ends P0_D0 = new Links.Ends("p0", "d0");

    private static void move(SplitFixture f, double ms) {
        Pool.Pair pair = f.charge();
        Charge prefill = pair.prefill();
        f.pool.settle(prefill, Outcome.COMPLETED, Usage.UNKNOWN, 0, 0, f.now[0]);
        f.pool.handedOver(pair.decode(), f.now[0]);
        f.pass(ms);
        f.pool.firstToken(pair.decode(), f.now[0]);
        f.pool.settle(pair.decode(), Outcome.COMPLETED, new Usage(1000, 0, 1), 0, 4000, f.now[0]);
    }

    @Test
    void beforeAMoveTheNearerOneIsTakenToBeFaster() {
        SplitFixture f = new SplitFixture(PoolSettings.Moves.PLAIN);
        assertThat(f.transferMs(P0, D0, 1000)).as("same zone").isLessThan(f.transferMs(P0, D1, 1000));
        assertThat(f.transferMs(P1, D1, 1000)).isEqualTo(f.transferMs(P0, D0, 1000));
        assertThat(f.transferMs(D0, D1, 1000)).as("no prefill endpoint").isInfinite();
        assertThat(f.transferMs(P0, P1, 1000)).as("no decode endpoint").isInfinite();
    }

    @Test
    void movesTeachThePairAndItsKind() {
        SplitFixture f = new SplitFixture(PoolSettings.Moves.PLAIN);
        for (int i = 0; i < 40; i++) {
            move(f, 223);
        }
        // 15 ms of overhead and a step of 8 would have passed anyway.
        assertThat(f.transferMs(P0, D0, 900)).isBetween(150.0, 230.0);
        assertThat(f.transferMs(P1, D1, 900)).as("others are not better known").isGreaterThan(100);
    }

    @Test
    void oneStallDoesNotMakeALinkSlowForGood() {
        SplitFixture f = new SplitFixture(PoolSettings.Moves.PLAIN);
        for (int i = 0; i < 20; i++) {
            move(f, 40);
        }
        double before = f.transferMs(P0, D0, 900);
        move(f, 60_000);
        for (int i = 0; i < 20; i++) {
            move(f, 40);
        }
        assertThat(f.transferMs(P0, D0, 900)).isLessThan(2.5 * before);
    }

    @Test
    void pairsThatHaveNotShakenHandsAreChargedForIt() {
        SplitFixture f = new SplitFixture(PoolSettings.Moves.HANDSHAKE);
        assertThat(f.transferMs(P0, D0, 1000)).isGreaterThan(Links.HANDSHAKE_MS);
        List<Links.Ends> due = f.pool.links().toWarm(3, f.now[0]);
        assertThat(due).hasSize(3).contains(P0_D0);
        assertThat(f.pool.links().toWarm(9, f.now[0]))
                .as("each is named once")
                .hasSize(1)
                .doesNotContainAnyElementsOf(due);
        f.pool.links().warmed(P0_D0);
        assertThat(f.transferMs(P0, D0, 1000)).isLessThan(100);
        assertThat(f.transferMs(P0, D1, 1000)).isGreaterThan(Links.HANDSHAKE_MS);
    }

    @Test
    void theFirstMoveOfAPairIsAHandshakeAndTeachesNoSpeed() {
        SplitFixture f = new SplitFixture(PoolSettings.Moves.HANDSHAKE);
        move(f, 6000);
        assertThat(f.transferMs(P0, D0, 1000)).isLessThan(100);
    }

    @Test
    void anEngineThatWasAwayShakesHandsAnew() {
        SplitFixture f = new SplitFixture(PoolSettings.Moves.HANDSHAKE);
        f.pool.links().toWarm(9, f.now[0]);
        f.pool.links().warmed(P0_D0);
        f.pool.wrongModel("p0", "gone", f.now[0]);
        assertThat(f.pool.links().toWarm(9, f.now[0])).isEmpty();
        f.pool.probeSucceeded("p0", List.of("m"), f.now[0]);
        assertThat(f.pool.links().toWarm(9, f.now[0])).containsExactly(P0_D0);
    }

    @Test
    void aFailedPairRestsLongerEachTimeAndIsWarmedUpAgain() {
        SplitFixture f = new SplitFixture(PoolSettings.Moves.HANDSHAKE);
        f.pool.links().toWarm(9, f.now[0]);
        f.pool.links().warmed(P0_D0);
        f.pool.links().failed(P0_D0, f.now[0]);
        assertThat(f.transferMs(P0, D0, 1)).isInfinite();
        assertThat(f.pool.links().toWarm(9, f.now[0])).isEmpty();
        f.pass(5001);
        assertThat(f.transferMs(P0, D0, 1)).isFinite().isGreaterThan(Links.HANDSHAKE_MS);
        assertThat(f.pool.links().toWarm(9, f.now[0])).containsExactly(P0_D0);
        f.pool.links().failed(P0_D0, f.now[0]);
        f.pass(9000);
        assertThat(f.transferMs(P0, D0, 1)).isInfinite();
        f.pass(1001);
        assertThat(f.transferMs(P0, D0, 1)).isFinite();
    }

    @Test
    void whatIsNotListedIsIgnored() {
        SplitFixture f = new SplitFixture(PoolSettings.Moves.PLAIN);
        f.pool.links().failed(new Links.Ends("x", "d0"), f.now[0]);
        f.pool.links().warmed(new Links.Ends("p0", "x"));
        assertThat(f.transferMs(P0, D0, 1)).isFinite();
    }

    @Test
    void wherePoolsDoNotMoveKvNothingIsKept() {
        SplitFixture f = new SplitFixture(PoolSettings.Moves.NONE);
        assertThat(f.transferMs(P0, D0, 1)).isInfinite();
        f.pool.links().moves(PoolSettings.Moves.PLAIN);
        assertThat(f.transferMs(P0, D0, 1)).isFinite();
    }
}
