package dev.sluice.core;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.spi.Signal;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class LedgerTest {
    private final Fixture f = new Fixture(2);

    private void assertEmpty() {
        assertThat(f.pool.inFlight()).isZero();
        for (Signal signal : EnumSet.of(
                Signal.IN_FLIGHT_REQUESTS,
                Signal.IN_FLIGHT_TOKENS,
                Signal.PENDING_PREFILL_TOKENS,
                Signal.DECODING_REQUESTS,
                Signal.DECODING_TOKENS)) {
            assertThat(f.signal("e0", signal)).as(signal.name()).isZero();
        }
    }

    @ParameterizedTest
    @EnumSource(Outcome.class)
    void everyOutcomeGivesBackWhatWasChargedBeforeTheFirstToken(Outcome outcome) {
        Charge charge = f.charge("e0");
        assertThat(f.signal("e0", Signal.IN_FLIGHT_TOKENS)).isEqualTo(1000);
        f.settle(charge, outcome);
        assertThat(charge.released()).isTrue();
        assertEmpty();
    }

    @ParameterizedTest
    @EnumSource(Outcome.class)
    void everyOutcomeGivesBackWhatWasChargedAfterTheFirstToken(Outcome outcome) {
        Charge charge = f.charge("e0");
        f.pool.firstToken(charge, f.now);
        f.pool.progress(charge, 7);
        assertThat(f.signal("e0", Signal.DECODING_REQUESTS)).isEqualTo(1);
        assertThat(f.signal("e0", Signal.DECODING_TOKENS)).isEqualTo(1007);
        f.settle(charge, outcome);
        assertEmpty();
    }

    @Test
    void aSecondSettleChangesNothing() {
        Charge charge = f.charge("e0");
        f.charge("e0");
        f.settle(charge, Outcome.COMPLETED);
        long version = f.pool.version();
        f.settle(charge, Outcome.FAILED);
        assertThat(f.pool.inFlight()).isEqualTo(1);
        assertThat(f.pool.version()).isEqualTo(version);
        assertThat(f.signal("e0", Signal.IN_FLIGHT_TOKENS)).isEqualTo(1000);
    }

    @Test
    void tokensAfterTheEndAndBeforeTheFirstOneAreIgnored() {
        Charge charge = f.charge("e0");
        f.pool.progress(charge, 5);
        assertThat(f.signal("e0", Signal.DECODING_TOKENS)).isZero();
        f.settle(charge, Outcome.CANCELLED);
        f.pool.firstToken(charge, f.now);
        f.pool.progress(charge, 5);
        assertEmpty();
    }

    @Test
    void aSecondFirstTokenIsNotCounted() {
        Charge charge = f.charge("e0");
        f.pool.firstToken(charge, f.now);
        f.pool.firstToken(charge, f.now);
        assertThat(f.signal("e0", Signal.DECODING_REQUESTS)).isEqualTo(1);
        f.settle(charge, Outcome.COMPLETED);
        assertEmpty();
    }

    @Test
    void theLedgerBalancesUnderAnyOrderOfEvents() {
        SplittableRandom random = new SplittableRandom(7);
        List<Charge> open = new ArrayList<>();
        for (int i = 0; i < 20_000; i++) {
            f.now += random.nextLong(20 * Fixture.MS);
            int which = open.isEmpty() ? 0 : random.nextInt(open.size());
            switch (random.nextInt(4)) {
                case 0 ->
                    f.tryCharge(
                                    "e" + random.nextInt(2),
                                    new Work(random.nextInt(9000), random.nextInt(9000), 10, random.nextBoolean()))
                            .ifPresent(open::add);
                case 1 -> open.stream().skip(which).findFirst().ifPresent(c -> f.pool.firstToken(c, f.now));
                case 2 -> open.stream().skip(which).findFirst().ifPresent(c -> f.pool.progress(c, random.nextInt(5)));
                default -> {
                    if (!open.isEmpty()) {
                        Outcome outcome = random.nextBoolean() ? Outcome.COMPLETED : Outcome.CANCELLED;
                        f.pool.settle(open.remove(which), outcome, new Usage(900, 300, 20), 0, 3600, f.now);
                    }
                }
            }
            assertThat(f.pool.inFlight()).isEqualTo(open.size());
            assertThat(f.signal("e0", Signal.PENDING_PREFILL_TOKENS))
                    .isBetween(0.0, f.signal("e0", Signal.IN_FLIGHT_TOKENS));
        }
        open.forEach(c -> f.settle(c, Outcome.CANCELLED));
        assertEmpty();
    }

    @Test
    void aPromptThatIsBeingComputedWeighsLessAndOneThatWaitsBehindItDoesNot() {
        f.charge("e0", new Work(2000, 0, 10));
        f.charge("e0", new Work(2000, 0, 10));
        f.now += 50 * Fixture.MS;
        assertThat(f.signal("e0", Signal.PENDING_PREFILL_TOKENS)).isBetween(2900.0, 3100.0);
        f.now += 3600 * Fixture.SECOND;
        assertThat(f.signal("e0", Signal.PENDING_PREFILL_TOKENS))
                .as("an engine that hangs does not look idle")
                .isEqualTo(2000);
    }

    @Test
    void aPromptWhoseEndIsNotSeenDrainsByTheLearnedRate() {
        f.charge("e0", new Work(2000, 0, 10, false));
        assertThat(f.signal("e0", Signal.PENDING_PREFILL_TOKENS)).isBetween(1990.0, 2000.0);
        f.now += 50 * Fixture.MS;
        assertThat(f.signal("e0", Signal.PENDING_PREFILL_TOKENS)).isBetween(950.0, 1050.0);
        f.now += Fixture.SECOND;
        assertThat(f.signal("e0", Signal.PENDING_PREFILL_TOKENS)).isZero();
    }

    @Test
    void aDecisionThatDidNotSeeAHerdMustBeMadeAgain() {
        Snapshot stale = f.pool.snapshot(f.now);
        f.charge("e0");
        assertThat(f.pool.charge(stale, 0, new Work(1, 0, 1), 0, f.now))
                .as("one more is fine")
                .isPresent();
        assertThat(f.pool.charge(stale, 0, new Work(1, 0, 1), 0, f.now))
                .as("a herd is not")
                .isEmpty();
        assertThat(f.pool.charge(stale, 1, new Work(1, 0, 1), 0, f.now))
                .as("the other is free")
                .isPresent();
    }

    @Test
    void aFullEndpointIsNotCharged() {
        Fixture small = new Fixture(1, Fixture.settings(1, Duration.ZERO));
        Snapshot stale = small.pool.snapshot(small.now);
        Charge first = small.charge("e0");
        assertThat(small.pool.room()).isZero();
        assertThat(small.pool.snapshot(small.now).full(0)).isTrue();
        assertThat(small.pool.charge(stale, 0, new Work(1, 0, 1), 0, small.now)).isEmpty();
        small.settle(first, Outcome.COMPLETED);
        assertThat(small.pool.room()).isEqualTo(1);
        assertThat(small.pool.charge(stale, 0, new Work(1, 0, 1), 0, small.now)).isPresent();
    }

    @Test
    void anEndpointThatLeftOrDrainsOrWasDoubtedIsNotCharged() {
        Snapshot stale = f.pool.snapshot(f.now);
        f.pool.drain("e0", "operator", f.now);
        assertThat(f.pool.charge(stale, 0, new Work(1, 0, 1), 0, f.now)).isEmpty();
        f.pool.wrongModel("e1", "serves another model", f.now);
        assertThat(f.pool.charge(stale, 1, new Work(1, 0, 1), 0, f.now)).isEmpty();
        f.pool.setEndpoints(List.of(), f.now);
        assertThat(f.pool.charge(stale, 1, new Work(1, 0, 1), 0, f.now)).isEmpty();
    }

    @Test
    void workIsPutIntoRange() {
        assertThat(new Work(0, 50, 0)).isEqualTo(new Work(1, 0, 1));
        assertThat(new Work(100, 500, 1).uncachedTokens()).isEqualTo(1);
        assertThat(new Work(100, -5, 1).uncachedTokens()).isEqualTo(100);
    }
}
