package dev.sluice.core.flow;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.core.Charge;
import dev.sluice.core.Outcome;
import dev.sluice.core.Pool;
import dev.sluice.core.PoolSettings;
import dev.sluice.core.Snapshot;
import dev.sluice.core.Usage;
import dev.sluice.core.Work;
import dev.sluice.core.flow.AdmissionQueue.Bounds;
import dev.sluice.core.flow.FlowControl.Entry;
import dev.sluice.core.flow.Ticket.Share;
import dev.sluice.core.flow.Ticket.Times;
import dev.sluice.spi.Endpoint;
import dev.sluice.spi.Role;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** When a request may go on: two endpoints that compute 20,000 prompt tokens a second, and take four requests each. */
class FlowControlTest {
    private static final long MS = 1_000_000;
    private static final Bounds BOUNDS = new Bounds(100, 1L << 30);

    private final Pool pool = new Pool(new PoolSettings(
            "p", 4, 16, 5, Duration.ofSeconds(1), Duration.ZERO, new PoolSettings.Priors(20_000, 0, 8, 0.05, 4096)));
    private FlowControl flow = flow(FlowRules.standard(BOUNDS));

    private FlowControl flow(FlowRules rules) {
        return new FlowControl(pool, rules);
    }

    private void endpoints(String... ids) {
        List<Endpoint> rows = new ArrayList<>();
        for (String id : ids) {
            rows.add(new Endpoint(id, id + ":8000", Role.BOTH, Map.of()));
        }
        pool.setEndpoints(rows, 0);
        for (String id : ids) {
            pool.probeSucceeded(id, List.of("m"), 0);
        }
    }

    private Charge charge(String id, int promptTokens, long now) {
        Snapshot snapshot = pool.snapshot(now);
        for (int row = 0; row < snapshot.size(); row++) {
            if (snapshot.endpoint(row).id().equals(id)) {
                return pool.charge(snapshot, row, new Work(promptTokens, 0, 10), 0, now)
                        .orElseThrow();
            }
        }
        throw new IllegalArgumentException(id);
    }

    private Ticket ticket(int priority, int promptTokens, long now) {
        Ticket ticket = new Ticket(
                1, priority, new Times(now + 10_000 * MS, now + 20_000 * MS, Long.MAX_VALUE), new Share("t", 1));
        flow.predict(ticket, new Work(promptTokens, 0, 10), now);
        return ticket;
    }

    private Entry enter(Ticket ticket, long now) {
        return flow.enter(ticket, true, pushed -> {}, now).entry();
    }

    @Test
    void whereThereIsRoomARequestGoesOnAtOnce() {
        endpoints("a", "b");
        Ticket ticket = ticket(0, 2000, 0);
        assertThat(ticket.workMs()).as("100 ms of prompt, 10 tokens of 8 ms").isEqualTo(180);
        assertThat(enter(ticket, 0)).isEqualTo(Entry.AT_ONCE);
        assertThat(ticket.waits()).isEqualTo(Wait.NONE);
        assertThat(flow.granted()).isEqualTo(1);
        flow.used(ticket);
        assertThat(flow.granted()).isZero();
    }

    @Test
    void roomThatIsSetAsideIsTaken() {
        endpoints("a");
        flow = flow(FlowRules.plain(BOUNDS));
        for (int i = 0; i < 4; i++) {
            assertThat(enter(ticket(0, 100, 0), 0)).isEqualTo(Entry.AT_ONCE);
        }
        Ticket fifth = ticket(0, 100, 0);
        assertThat(enter(fifth, 0)).isEqualTo(Entry.WAITS);
        assertThat(fifth.waits().why()).isEqualTo(Wait.Why.NO_ROOM);
        assertThat(flow.next(1)).isEmpty();
        flow.used(fifth);
        assertThat(flow.next(1)).contains(fifth);
    }

    @Test
    void requestsAreHeldBackWhileEvenTheLeastLoadedEndpointWouldLetThemWait() {
        endpoints("a", "b");
        charge("a", 40_000, 0);
        assertThat(enter(ticket(0, 2000, 0), 0)).as("b is idle").isEqualTo(Entry.AT_ONCE);
        Charge onB = charge("b", 12_000, 0); // 600 ms
        Ticket held = ticket(0, 2000, 0);
        assertThat(enter(held, 0)).isEqualTo(Entry.WAITS);
        assertThat(held.waits().why()).isEqualTo(Wait.Why.SATURATED);
        assertThat(held.waits().saturation()).isGreaterThan(1.2);
        assertThat(flow.next(50 * MS)).isEmpty();
        assertThat(flow.open(0, 50 * MS)).as("others wait").isFalse();
        assertThat(flow.next(260 * MS)).as("b has computed so much").contains(held);
        flow.used(held);
        pool.settle(onB, Outcome.CANCELLED, Usage.UNKNOWN, 0, 0, 300 * MS);
        assertThat(flow.open(0, 300 * MS)).isTrue();
    }

    @Test
    void batchIsHeldBackEarlier() {
        endpoints("a");
        Charge first = charge("a", 7000, 0); // 350 ms
        Ticket batch = ticket(-1, 2000, 0);
        assertThat(enter(batch, 0)).isEqualTo(Entry.WAITS);
        Ticket interactive = ticket(0, 2000, 0);
        assertThat(enter(interactive, 0)).as("interactive traffic passes it by").isEqualTo(Entry.AT_ONCE);
        flow.used(interactive);
        pool.firstToken(first, 100 * MS);
        assertThat(flow.next(100 * MS)).contains(batch);
    }

    @Test
    void whatMayGoOnAndIsNotChargedYetCounts() {
        endpoints("a");
        Charge running = charge("a", 12_000, 0);
        List<Ticket> waiting = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            waiting.add(ticket(0, 6000, 0)); // 300 ms each
            assertThat(enter(waiting.get(i), 0)).isEqualTo(Entry.WAITS);
        }
        pool.firstToken(running, MS);
        assertThat(flow.next(MS)).contains(waiting.get(0));
        assertThat(flow.next(MS)).contains(waiting.get(1));
        assertThat(flow.next(MS)).as("600 ms are on their way").isEmpty();
        flow.used(waiting.get(0));
        assertThat(flow.next(MS)).contains(waiting.get(2));
    }

    @Test
    void anIdlePoolIsNeverHeldBackWhateverItsDetectorSays() {
        endpoints("a");
        flow = flow(new FlowRules(FlowSettings.fair(BOUNDS), (p, granted, ms, now) -> 5, Ceilings.same(1)));
        Ticket first = ticket(0, 100, 0);
        assertThat(enter(first, 0)).isEqualTo(Entry.AT_ONCE);
        Ticket second = ticket(0, 100, 0);
        assertThat(enter(second, 0)).isEqualTo(Entry.WAITS);
        flow.used(first);
        assertThat(flow.next(1)).contains(second);
    }

    @Test
    void withoutAnEndpointOneWaitsOrGoesOnToBeToldSo() {
        Ticket waits = ticket(0, 100, 0);
        assertThat(flow.enter(waits, true, pushed -> {}, 0).entry()).isEqualTo(Entry.WAITS);
        assertThat(waits.waits().why()).isEqualTo(Wait.Why.NO_ENDPOINT);
        assertThat(flow.enter(ticket(0, 100, 0), false, pushed -> {}, 0).entry())
                .isEqualTo(Entry.AT_ONCE);
        assertThat(flow.expire(15_000 * MS)).as("its longer time counts").isEmpty();
        assertThat(flow.expire(20_000 * MS)).containsExactly(waits);
    }

    @Test
    void rulesMayChange() {
        endpoints("a");
        charge("a", 12_000, 0);
        Ticket held = ticket(0, 2000, 0);
        assertThat(enter(held, 0)).isEqualTo(Entry.WAITS);
        flow.configure(FlowRules.plain(BOUNDS), 1);
        assertThat(flow.next(1)).contains(held);
    }
}
