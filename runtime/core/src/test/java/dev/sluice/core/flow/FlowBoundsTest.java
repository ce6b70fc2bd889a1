package dev.sluice.core.flow;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.core.flow.AdmissionQueue.Bounds;
import dev.sluice.core.flow.AdmissionQueue.Full;
import dev.sluice.core.flow.FlowSettings.Rules;
import dev.sluice.core.flow.Ticket.Share;
import dev.sluice.core.flow.Ticket.Times;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class FlowBoundsTest {
    private static final long SECOND = 1_000_000_000L;
    private final List<Ticket> pushed = new ArrayList<>();

    private static Ticket of(String flow, int priority, long bytes) {
        Ticket ticket =
                new Ticket(bytes, priority, new Times(10 * SECOND, 10 * SECOND, Long.MAX_VALUE), new Share(flow, 1));
        ticket.work(10, 10);
        return ticket;
    }

    private Optional<Full> offer(AdmissionQueue queue, Ticket ticket) {
        return queue.offer(ticket, 0, pushed::add);
    }

    private static FlowSettings settings(Bounds total, Bounds band, Bounds flow, boolean pushOut) {
        Rules rules = new Rules(band, flow, FairnessKind.SHARES, Ordering.Kind.FIFO);
        return new FlowSettings(total, Map.of(), rules, rules, pushOut, false);
    }

    @Test
    void aFlowHasABoundOfItsOwn() {
        AdmissionQueue queue =
                new AdmissionQueue(settings(new Bounds(9, 999), new Bounds(9, 999), new Bounds(2, 50), true));
        assertThat(offer(queue, of("a", 0, 10))).isEmpty();
        assertThat(offer(queue, of("a", 0, 41))).contains(Full.FLOW_BYTES);
        assertThat(offer(queue, of("a", 0, 10))).isEmpty();
        assertThat(offer(queue, of("a", 0, 1))).contains(Full.FLOW_COUNT);
        assertThat(Full.FLOW_COUNT.own()).isTrue();
        assertThat(offer(queue, of("b", 0, 41))).isEmpty();
        assertThat(offer(queue, of("a", 1, 41)))
                .as("another band counts for itself")
                .isEmpty();
        assertThat(pushed).isEmpty();
    }

    @Test
    void aBandHasABoundOfItsOwn() {
        AdmissionQueue queue =
                new AdmissionQueue(settings(new Bounds(9, 999), new Bounds(2, 50), FlowSettings.UNBOUNDED, false));
        assertThat(offer(queue, of("a", 0, 10))).isEmpty();
        assertThat(offer(queue, of("b", 0, 41))).contains(Full.BAND_BYTES);
        assertThat(offer(queue, of("b", 0, 40))).isEmpty();
        assertThat(offer(queue, of("c", 0, 0))).contains(Full.BAND_COUNT);
        assertThat(Full.BAND_COUNT.own()).isFalse();
        assertThat(offer(queue, of("c", -1, 50))).isEmpty();
    }

    @Test
    void whoHasMostGivesWayToWhoHasLess() {
        AdmissionQueue queue =
                new AdmissionQueue(settings(new Bounds(4, 999), FlowSettings.UNBOUNDED, FlowSettings.UNBOUNDED, true));
        List<Ticket> noisy = List.of(of("noisy", 0, 1), of("noisy", 0, 1), of("noisy", 0, 1), of("noisy", 0, 1));
        noisy.forEach(ticket -> offer(queue, ticket));
        assertThat(offer(queue, of("noisy", 0, 1))).as("not to itself").contains(Full.COUNT);
        assertThat(offer(queue, of("quiet", 0, 1))).isEmpty();
        assertThat(pushed).containsExactly(noisy.get(3));
        assertThat(noisy.get(3).queued()).isFalse();
        assertThat(offer(queue, of("quiet", 0, 1))).isEmpty();
        assertThat(pushed).containsExactly(noisy.get(3), noisy.get(2));
        assertThat(offer(queue, of("quiet", 0, 1)))
                .as("two and two: nobody has more")
                .contains(Full.COUNT);
        assertThat(queue.size()).isEqualTo(4);
    }

    @Test
    void lowerPrioritiesGiveWayFirstAndTheLowestOfThem() {
        AdmissionQueue queue =
                new AdmissionQueue(settings(new Bounds(3, 999), FlowSettings.UNBOUNDED, FlowSettings.UNBOUNDED, true));
        Ticket batch = of("b", -10, 1);
        Ticket low = of("l", -1, 1);
        Ticket plain = of("p", 0, 1);
        List.of(plain, batch, low).forEach(ticket -> offer(queue, ticket));
        assertThat(offer(queue, of("q", 0, 1))).isEmpty();
        assertThat(pushed).containsExactly(batch);
        assertThat(offer(queue, of("q", 0, 1))).isEmpty();
        assertThat(pushed).containsExactly(batch, low);
        assertThat(offer(queue, of("c", -10, 1))).contains(Full.COUNT);
        assertThat(offer(queue, of("v", 5, 1))).isEmpty();
        assertThat(pushed).hasSize(3);
    }

    @Test
    void nobodyIsPushedOutInVain() {
        AdmissionQueue queue =
                new AdmissionQueue(settings(new Bounds(9, 100), FlowSettings.UNBOUNDED, FlowSettings.UNBOUNDED, true));
        offer(queue, of("b", -1, 30));
        offer(queue, of("p", 0, 70));
        assertThat(offer(queue, of("v", 1, 101)))
                .as("larger than the whole queue")
                .contains(Full.BYTES);
        assertThat(offer(queue, of("q", 0, 60)))
                .as("batch alone does not make room")
                .contains(Full.BYTES);
        assertThat(pushed).isEmpty();
        assertThat(offer(queue, of("v", 1, 90))).isEmpty();
        assertThat(pushed).hasSize(2);
        assertThat(queue.bytes()).isEqualTo(90);
    }

    @Test
    void whereNothingIsPushedOutAFullQueueIsFull() {
        AdmissionQueue queue =
                new AdmissionQueue(settings(new Bounds(1, 999), FlowSettings.UNBOUNDED, FlowSettings.UNBOUNDED, false));
        offer(queue, of("b", -1, 1));
        assertThat(offer(queue, of("v", 100, 1))).contains(Full.COUNT);
    }

    @Test
    void aClosedBandClosesThoseBelow() {
        AdmissionQueue queue = new AdmissionQueue(FlowSettings.fair(new Bounds(9, 999)));
        Ticket batch = of("b", -1, 1);
        Ticket plain = of("p", 0, 1);
        List.of(batch, plain).forEach(ticket -> offer(queue, ticket));
        assertThat(queue.poll(priority -> priority < 0, 1)).isEmpty();
        assertThat(queue.poll(priority -> priority >= 0, 1)).contains(plain);
        assertThat(queue.poll(priority -> priority >= 0, 1)).isEmpty();
        assertThat(queue.poll(priority -> true, 1)).contains(batch);
    }

    @Test
    void whichDeadlineCountsDependsOnWhetherAnyEndpointServes() {
        AdmissionQueue queue = AdmissionQueue.fifo(new Bounds(9, 999));
        Ticket patient = new Ticket(1, 0, new Times(5 * SECOND, 20 * SECOND, Long.MAX_VALUE), Share.ALL);
        Ticket hasty = new Ticket(1, 0, new Times(9 * SECOND, 2 * SECOND, Long.MAX_VALUE), Share.ALL);
        queue.serving(false, 0);
        queue.offer(patient, 0, t -> {});
        queue.offer(hasty, 0, t -> {});
        assertThat(queue.expire(2 * SECOND - 1)).isEmpty();
        queue.serving(true, 2 * SECOND);
        assertThat(queue.expire(2 * SECOND)).isEmpty();
        queue.serving(false, 2 * SECOND);
        assertThat(queue.expire(2 * SECOND + 1)).containsExactly(hasty);
        assertThat(queue.expire(6 * SECOND)).isEmpty();
        queue.serving(true, 6 * SECOND);
        assertThat(queue.expire(6 * SECOND)).containsExactly(patient);
    }

    @Test
    void whoWouldWaitTooLongIsToldAtOnceAndWhoWouldNotWaits() {
        AdmissionQueue queue = new AdmissionQueue(FlowSettings.fair(new Bounds(100_000, 1L << 40)));
        long now = 0;
        // 20 ms of work leave every 10 ms: two engines.
        for (int i = 0; i < 600; i++) {
            Ticket ticket = new Ticket(1, 0, new Times(now + 60 * SECOND, 0, Long.MAX_VALUE), new Share("noisy", 1));
            ticket.work(20, 20);
            assertThat(queue.offer(ticket, now, pushed::add)).isEmpty();
            if (i >= 300) {
                now += SECOND / 100;
                assertThat(queue.poll(p -> true, now)).isPresent();
            }
        }
        // 300 wait, 6 s of work, 3 s of time.
        Ticket late = new Ticket(1, 0, new Times(now + 2 * SECOND, 0, Long.MAX_VALUE), new Share("noisy", 1));
        late.work(20, 20);
        assertThat(queue.expectedWait(late, now) / 1e9).isBetween(2.7, 3.3);
        assertThat(queue.offer(late, now, pushed::add)).contains(Full.TIME);
        Ticket patient = new Ticket(1, 0, new Times(now + 4 * SECOND, 0, Long.MAX_VALUE), new Share("noisy", 1));
        assertThat(queue.offer(patient, now, pushed::add)).isEmpty();
        Ticket other = new Ticket(1, 0, new Times(now + SECOND / 5, 0, Long.MAX_VALUE), new Share("quiet", 1));
        other.work(20, 20);
        assertThat(queue.expectedWait(other, now) / 1e9)
                .as("its share is its own")
                .isLessThan(0.1);
        assertThat(queue.offer(other, now, pushed::add)).isEmpty();
        Ticket low = new Ticket(1, -1, new Times(now + 2 * SECOND, 0, Long.MAX_VALUE), new Share("quiet", 1));
        assertThat(queue.offer(low, now, pushed::add)).as("behind all of them").contains(Full.TIME);
    }

    @Test
    void rulesMayChangeWhileRequestsWait() {
        AdmissionQueue queue = AdmissionQueue.fifo(new Bounds(9, 999));
        for (String flow : List.of("a", "a", "b")) {
            assertThat(offer(queue, of(flow, 0, 10))).isEmpty();
        }
        Ticket gone = of("b", 0, 10);
        offer(queue, gone);
        queue.configure(FlowSettings.fair(new Bounds(2, 30)), 1);
        assertThat(queue.size()).isEqualTo(4);
        assertThat(queue.remove(gone, 2)).isTrue();
        List<String> left = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            left.add(queue.poll(p -> true, 2).orElseThrow().share().flow());
        }
        assertThat(left).containsExactly("a", "b", "a");
        assertThat(queue.bytes()).isZero();
    }
}
