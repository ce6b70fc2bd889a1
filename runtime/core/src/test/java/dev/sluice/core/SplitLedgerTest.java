package dev.sluice.core;

import static dev.sluice.core.SplitFixture.D0;
import static dev.sluice.core.SplitFixture.P0;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.spi.Signal;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Two claims of one request: what they weigh, and that both are given back once. */
class SplitLedgerTest {
    private final SplitFixture f = new SplitFixture(PoolSettings.Moves.PLAIN);

    private double signal(int row, Signal signal) {
        return f.pool.snapshot(f.now[0]).signal(row, signal);
    }

    @Test
    void thePromptWeighsWhereItIsComputedAndTheStreamWhereItRuns() {
        Pool.Pair pair = f.charge();
        Charge prefill = pair.prefill();
        assertThat(signal(P0, Signal.PENDING_PREFILL_TOKENS)).isEqualTo(800);
        assertThat(signal(D0, Signal.PENDING_PREFILL_TOKENS)).isEqualTo(1);
        assertThat(f.pool.inFlight()).isEqualTo(2);

        f.pass(40);
        f.pool.firstToken(prefill, f.now[0]);
        f.pool.settle(prefill, Outcome.COMPLETED, new Usage(1000, 200, 1), 0, 4000, f.now[0]);
        f.pool.handedOver(pair.decode(), f.now[0]);
        f.pass(40);
        f.pool.firstToken(pair.decode(), f.now[0]);
        assertThat(signal(P0, Signal.IN_FLIGHT_REQUESTS)).isZero();
        assertThat(signal(D0, Signal.DECODING_TOKENS)).isEqualTo(1000);
        f.pool.settle(pair.decode(), Outcome.COMPLETED, new Usage(1000, 0, 50), 0, 4000, f.now[0]);
        empty();
    }

    @ParameterizedTest
    @EnumSource(Outcome.class)
    void bothAreGivenBackWhateverHappens(Outcome outcome) {
        Pool.Pair pair = f.charge();
        f.pool.settle(pair.prefill(), outcome, Usage.UNKNOWN, 0, 0, f.now[0]);
        f.pool.settle(pair.decode(), outcome, Usage.UNKNOWN, 0, 0, f.now[0]);
        f.pool.settle(pair.decode(), outcome, Usage.UNKNOWN, 0, 0, f.now[0]);
        empty();
    }

    private void empty() {
        assertThat(f.pool.inFlight()).isZero();
        for (int row : new int[] {P0, D0}) {
            assertThat(signal(row, Signal.PENDING_PREFILL_TOKENS)).isZero();
            assertThat(signal(row, Signal.DECODING_REQUESTS)).isZero();
            assertThat(signal(row, Signal.DECODING_TOKENS)).isZero();
        }
    }

    @Test
    void noneIsChargedWhenOneCantBe() {
        for (int i = 0; i < 4; i++) {
            assertThat(f.pool.charge(f.pool.snapshot(f.now[0]), P0, new Work(10, 0, 1), 0, f.now[0]))
                    .isPresent();
        }
        assertThat(f.pool.charge(
                        f.pool.snapshot(f.now[0]),
                        new Pool.Claim(P0, Work.prefill(1000, 0), 0),
                        new Pool.Claim(D0, Work.decode(1000, 50, true), 0),
                        f.now[0]))
                .isEmpty();
        assertThat(signal(D0, Signal.IN_FLIGHT_REQUESTS)).isZero();
        assertThat(f.pool.charge(
                        f.pool.snapshot(f.now[0]),
                        new Pool.Claim(D0, Work.prefill(1000, 0), 0),
                        new Pool.Claim(D0, Work.decode(1000, 50, true), 0),
                        f.now[0]))
                .as("a pair is two endpoints")
                .isEmpty();
    }

    @Test
    void kvThatDidNotArriveBlamesNobodysHealth() {
        for (int i = 0; i < 20; i++) {
            Pool.Pair pair = f.charge();
            f.pool.settle(pair.prefill(), Outcome.COMPLETED, Usage.UNKNOWN, 0, 0, f.now[0]);
            f.pool.settle(pair.decode(), Outcome.HANDOVER_FAILED, Usage.UNKNOWN, 0, 0, f.now[0]);
        }
        assertThat(f.pool.report(f.now[0])).allMatch(r -> r.status() == EndpointStatus.READY);
    }

    @Test
    void aDecodeLegTeachesNothingAboutPrefill() {
        double before = signal(D0, Signal.PREFILL_RATE);
        for (int i = 0; i < 30; i++) {
            Pool.Pair pair = f.charge();
            f.pool.settle(pair.prefill(), Outcome.COMPLETED, Usage.UNKNOWN, 0, 0, f.now[0]);
            f.pool.handedOver(pair.decode(), f.now[0]);
            f.pass(500);
            f.pool.firstToken(pair.decode(), f.now[0]);
            f.pool.settle(pair.decode(), Outcome.COMPLETED, new Usage(1000, 0, 1), 0, 4000, f.now[0]);
        }
        assertThat(signal(D0, Signal.PREFILL_RATE)).isEqualTo(before);
        assertThat(f.pool.expectedOutput(0)).as("answers are counted once").isLessThan(100);
    }
}
