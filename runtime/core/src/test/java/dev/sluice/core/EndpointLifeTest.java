package dev.sluice.core;

import static dev.sluice.core.Fixture.SECOND;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.core.discovery.Standing;
import dev.sluice.spi.Endpoint;
import dev.sluice.spi.Role;
import dev.sluice.spi.Signal;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class EndpointLifeTest {
    private final Fixture f = new Fixture(3);

    @Test
    void aNewEndpointIsProbedOnceUntilItAnswers() {
        f.pool.setEndpoints(Fixture.endpoints(4), f.now);
        assertThat(f.status("e3")).isEqualTo(EndpointStatus.PROBING);
        assertThat(f.pool.dueProbes(f.now)).containsExactly("e3");
        assertThat(f.pool.dueProbes(f.now)).isEmpty();
        f.pool.probeFailed("e3", "connection refused", f.now);
        assertThat(f.report("e3").reason()).isEqualTo("connection refused");
        assertThat(f.pool.dueProbes(f.now)).containsExactly("e3");
        f.up("e3");
        assertThat(f.status("e3")).isEqualTo(EndpointStatus.READY);
        assertThat(f.pool.dueProbes(f.now)).isEmpty();
    }

    private List<String> news() {
        return f.pool.news(f.now).stream()
                .map(r -> r.endpoint().id() + " " + r.status().label() + ": " + r.reason())
                .toList();
    }

    @Test
    void eachChangeOfAStateIsNewsOnce() {
        assertThat(news()).containsExactly("e0 ready: answered", "e1 ready: answered", "e2 ready: answered");
        assertThat(news()).isEmpty();
        f.pool.setEndpoints(Fixture.endpoints(4), f.now);
        f.pool.standing("e3", Standing.HELD, "not ready", 8, f.now);
        assertThat(news()).as("who is new has to wait").isEmpty();
        f.pool.standing("e3", Standing.IN, "", 8, f.now);
        assertThat(news()).as("and is asked first").isEmpty();
        f.pool.probeFailed("e3", "connection refused", f.now);
        f.pool.probeFailed("e3", "connection refused", f.now);
        assertThat(news()).containsExactly("e3 probing: connection refused");
        f.pool.probeFailed("e3", "connection refused", f.now);
        assertThat(news()).isEmpty();
        f.up("e3");
        f.fail("e0", 5);
        assertThat(news()).hasSize(2).anyMatch(n -> n.startsWith("e3 ")).anyMatch(n -> n.startsWith("e0 ejected: 5 "));
        f.charge("e1");
        f.pool.setEndpoints(Fixture.endpoints(1), f.now);
        assertThat(news()).as("e1 still has a request").containsExactly("e1 gone: no longer listed");
        assertThat(f.pool.ids()).as("e1 is still known").containsExactly("e0", "e1");
        assertThat(f.pool.slots()).as("e3 had one").isEqualTo(4);
    }

    @Test
    void failuresInARowEjectAndASuccessBetweenForgives() {
        f.fail("e0", 4);
        f.answered("e0", 100, 10);
        f.fail("e0", 4);
        assertThat(f.status("e0")).isEqualTo(EndpointStatus.READY);
        f.fail("e0", 1);
        assertThat(f.status("e0")).isEqualTo(EndpointStatus.EJECTED);
        assertThat(f.report("e0").reason()).contains("5 failures in a row");
    }

    @Test
    void whatIsNotTheEndpointsFaultDoesNotCount() {
        for (Outcome outcome : List.of(Outcome.CANCELLED, Outcome.REJECTED, Outcome.OVERLOADED)) {
            for (int i = 0; i < 10; i++) {
                f.settle(f.charge("e0"), outcome);
            }
        }
        assertThat(f.status("e0")).isEqualTo(EndpointStatus.READY);
    }

    @Test
    void noConnectionCountsTwice() {
        f.settle(f.charge("e0"), Outcome.UNREACHABLE);
        f.settle(f.charge("e0"), Outcome.UNREACHABLE);
        assertThat(f.status("e0")).isEqualTo(EndpointStatus.READY);
        f.settle(f.charge("e0"), Outcome.UNREACHABLE);
        assertThat(f.status("e0")).isEqualTo(EndpointStatus.EJECTED);
    }

    @Test
    void theLastHealthyOneIsNeverEjected() {
        f.fail("e0", 5);
        f.fail("e1", 5);
        f.fail("e2", 50);
        f.pool.probeFailed("e2", "no answer", f.now);
        assertThat(f.status("e2")).isEqualTo(EndpointStatus.READY);
        assertThat(f.pool.serving()).isTrue();
    }

    @Test
    void anEjectedEndpointComesBackByOneHalfOpenProbeAndStaysLongerOutEachTime() {
        f.fail("e0", 5);
        assertThat(f.pool.dueProbes(f.now)).isEmpty();
        f.up("e0");
        assertThat(f.status("e0"))
                .as("an early answer does not shorten its time")
                .isEqualTo(EndpointStatus.EJECTED);
        f.now += SECOND;
        assertThat(f.pool.dueProbes(f.now)).containsExactly("e0");
        assertThat(f.pool.dueProbes(f.now)).isEmpty();
        f.pool.probeFailed("e0", "still dead", f.now);
        f.now += SECOND;
        assertThat(f.pool.dueProbes(f.now)).as("twice as long").isEmpty();
        f.now += SECOND;
        assertThat(f.pool.dueProbes(f.now)).containsExactly("e0");
        f.up("e0");
        assertThat(f.status("e0")).isEqualTo(EndpointStatus.READY);
        assertThat(f.report("e0").reason()).isEqualTo("answered again");
    }

    @Test
    void whoComesBackIsOutAgainAtItsFirstFailureUnlessItAnswersFirst() {
        f.fail("e0", 5);
        f.now += SECOND;
        f.up("e0");
        f.fail("e0", 1);
        assertThat(f.status("e0"))
                .as("the probe was answered, the request was not")
                .isEqualTo(EndpointStatus.EJECTED);
        f.now += 2 * SECOND;
        f.up("e0");
        f.answered("e0", 100, 10);
        f.fail("e0", 4);
        assertThat(f.status("e0")).isEqualTo(EndpointStatus.READY);
    }

    @Test
    void newLimitsCountAtOnceAndWhatWasLearnedStays() {
        f.answered("e0", 1000, 300);
        double rate = f.signal("e0", Signal.PREFILL_RATE);
        f.pool.configure(Fixture.settings(1, Duration.ZERO));
        f.charge("e0");
        assertThat(f.tryCharge("e0", new Work(1, 0, 1))).isEmpty();
        f.pool.configure(Fixture.settings(2, Duration.ZERO));
        assertThat(f.tryCharge("e0", new Work(1, 0, 1))).isPresent();
        assertThat(f.signal("e0", Signal.PREFILL_RATE)).isEqualTo(rate);
    }

    @Test
    void ejectionsAreForgivenAfterACalmTime() {
        f.fail("e0", 5);
        f.now += SECOND;
        f.up("e0");
        f.now += 31 * SECOND;
        f.pool.tick(f.now);
        f.fail("e0", 5);
        f.now += SECOND;
        assertThat(f.pool.dueProbes(f.now)).as("the first sentence again").containsExactly("e0");
    }

    @Test
    void aNewcomerToAWarmPoolStartsSlowlyAndTheFirstOnesDoNot() {
        Fixture slow = new Fixture(2, Fixture.settings(256, Duration.ofSeconds(10)));
        assertThat(slow.status("e0")).isEqualTo(EndpointStatus.READY);
        slow.answered("e0", 100, 10);
        slow.pool.setEndpoints(Fixture.endpoints(3), slow.now);
        slow.up("e2");
        assertThat(slow.status("e2")).isEqualTo(EndpointStatus.SLOW_START);
        assertThat(slow.signal("e2", Signal.SLOW_START)).isEqualTo(0.1);
        slow.now += 5 * SECOND;
        assertThat(slow.signal("e2", Signal.SLOW_START)).isEqualTo(0.5);
        slow.now += 6 * SECOND;
        assertThat(slow.signal("e2", Signal.SLOW_START)).isEqualTo(1);
        assertThat(slow.status("e2")).isEqualTo(EndpointStatus.READY);
        assertThat(slow.report("e2").forMs())
                .as("ready since the end of the ramp")
                .isEqualTo(1000);
    }

    @Test
    void anEndpointThatLeavesKeepsItsSlotUntilItsLastRequestEnds() {
        Charge open = f.charge("e1");
        assertThat(f.pool.setEndpoints(List.of(Fixture.endpoint(0), Fixture.endpoint(2)), f.now))
                .isEmpty();
        assertThat(f.status("e1")).isEqualTo(EndpointStatus.GONE);
        assertThat(f.pool.inFlight()).isEqualTo(1);
        f.pool.setEndpoints(List.of(Fixture.endpoint(0), Fixture.endpoint(2), Fixture.endpoint(7)), f.now);
        Snapshot snapshot = f.pool.snapshot(f.now);
        assertThat(snapshot.slot(Fixture.row(snapshot, "e7"))).isNotEqualTo(open.slot());
        f.settle(open, Outcome.COMPLETED);
        assertThat(f.pool.freedSlots()).containsExactly(open.slot());
        assertThat(f.pool.freedSlots()).isEmpty();
        f.pool.setEndpoints(List.of(Fixture.endpoint(0), Fixture.endpoint(8)), f.now);
        Snapshot later = f.pool.snapshot(f.now);
        assertThat(later.slot(Fixture.row(later, "e8"))).isEqualTo(open.slot());
    }

    @Test
    void aDecisionOnALeaverIsNotChargedToItsSuccessorOfTheSameName() {
        Snapshot stale = f.pool.snapshot(f.now);
        f.pool.setEndpoints(
                List.of(
                        new Endpoint("e0", "10.9.9.9:1", Role.BOTH, Map.of()),
                        Fixture.endpoint(1),
                        Fixture.endpoint(2)),
                f.now);
        f.up("e0");
        assertThat(f.pool.charge(stale, 0, new Work(1, 0, 1), 0, f.now)).isEmpty();
        assertThat(f.tryCharge("e0", new Work(1, 0, 1))).isPresent();
    }

    @Test
    void newLabelsOfAnEndpointAreTakenOverWithoutLosingItsState() {
        Charge open = f.charge("e0");
        f.pool.setEndpoints(
                List.of(new Endpoint("e0", Fixture.endpoint(0).address(), Role.DECODE, Map.of("zone", "a"))), f.now);
        assertThat(f.pool.snapshot(f.now).endpoint(0).labels()).containsEntry("zone", "a");
        assertThat(f.status("e0")).isEqualTo(EndpointStatus.READY);
        assertThat(f.signal("e0", Signal.IN_FLIGHT_REQUESTS)).isEqualTo(1);
        f.settle(open, Outcome.COMPLETED);
    }

    @Test
    void drainingIsNotUndoneByProbesOrWrongModels() {
        f.pool.drain("e0", "operator", f.now);
        f.up("e0");
        f.pool.wrongModel("e0", "other", f.now);
        f.pool.probeFailed("e0", "x", f.now);
        f.fail("e1", 5);
        assertThat(f.status("e0")).isEqualTo(EndpointStatus.DRAINING);
    }

    @Test
    void aScrapeNeverTurnsUnknownIntoZero() {
        assertThat(f.signal("e0", Signal.WAITING)).isNaN();
        f.pool.scraped("e0", new Scrape(3, 4, 0.5, 32, 100), f.now);
        assertThat(f.signal("e0", Signal.WAITING)).isEqualTo(3);
        assertThat(f.signal("e0", Signal.BLOCK_SIZE)).isEqualTo(32);
        assertThat(f.report("e0").cacheTokens()).isEqualTo(3200);
        f.pool.scrapeLost("e0");
        assertThat(f.signal("e0", Signal.WAITING)).isNaN();
        assertThat(f.signal("e0", Signal.KV_USAGE)).isNaN();
        assertThat(f.signal("e0", Signal.BLOCK_SIZE)).as("does not go stale").isEqualTo(32);
        f.pool.scraped("e1", new Scrape(-1, Double.POSITIVE_INFINITY, 7, Double.NaN, -5), f.now);
        assertThat(f.signal("e1", Signal.WAITING)).isNaN();
        assertThat(f.signal("e1", Signal.RUNNING)).isNaN();
        assertThat(f.signal("e1", Signal.KV_USAGE)).isNaN();
        assertThat(f.signal("e1", Signal.BLOCK_SIZE)).isEqualTo(16);
    }

    @Test
    void lookingChangesNothing() {
        f.answered("e0", 1000, 300);
        f.now += 5 * SECOND;
        double rate = f.signal("e0", Signal.PREFILL_RATE);
        for (int i = 0; i < 100; i++) {
            f.pool.snapshot(f.now - SECOND + i);
            f.pool.report(f.now);
        }
        assertThat(f.signal("e0", Signal.PREFILL_RATE)).isEqualTo(rate);
    }
}
