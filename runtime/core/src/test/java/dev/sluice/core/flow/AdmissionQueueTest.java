package dev.sluice.core.flow;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.core.flow.AdmissionQueue.Bounds;
import dev.sluice.core.flow.AdmissionQueue.Full;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class AdmissionQueueTest {
    private static Ticket ticket(long bytes, long deadline) {
        return new Ticket(bytes, deadline, 0);
    }

    @Test
    void firstInIsFirstOut() {
        AdmissionQueue queue = AdmissionQueue.fifo(new Bounds(10, 1000));
        Ticket a = ticket(1, 9);
        Ticket b = ticket(1, 9);
        queue.offer(a);
        queue.offer(b);
        assertThat(queue.poll()).contains(a);
        assertThat(a.queued()).isFalse();
        assertThat(queue.poll()).contains(b);
        assertThat(queue.poll()).isEmpty();
    }

    @Test
    void itIsBoundedByCountAndByBytes() {
        AdmissionQueue queue = AdmissionQueue.fifo(new Bounds(2, 100));
        assertThat(queue.offer(ticket(60, 9))).isEmpty();
        assertThat(queue.offer(ticket(41, 9))).contains(Full.BYTES);
        assertThat(queue.offer(ticket(40, 9))).isEmpty();
        assertThat(queue.offer(ticket(0, 9))).contains(Full.COUNT);
        assertThat(queue.bytes()).isEqualTo(100);
        queue.poll();
        assertThat(queue.bytes()).isEqualTo(40);
        assertThat(AdmissionQueue.fifo(new Bounds(0, 1)).offer(ticket(0, 9))).contains(Full.COUNT);
    }

    @Test
    void aTicketLeavesWhereverItStandsAndOnlyOnce() {
        for (int out = 0; out < 3; out++) {
            AdmissionQueue queue = AdmissionQueue.fifo(new Bounds(10, 1000));
            List<Ticket> tickets = List.of(ticket(1, 9), ticket(2, 9), ticket(4, 9));
            tickets.forEach(queue::offer);
            assertThat(queue.remove(tickets.get(out))).isTrue();
            assertThat(queue.remove(tickets.get(out))).isFalse();
            assertThat(queue.size()).isEqualTo(2);
            assertThat(queue.bytes()).isEqualTo(7 - (1L << out));
            List<Ticket> left = new ArrayList<>(tickets);
            left.remove(out);
            assertThat(queue.poll()).contains(left.get(0));
            assertThat(queue.poll()).contains(left.get(1));
        }
    }

    @Test
    void lateTicketsExpire() {
        AdmissionQueue queue = AdmissionQueue.fifo(new Bounds(10, 1000));
        Ticket late = ticket(1, 5);
        Ticket early = ticket(1, 50);
        queue.offer(late);
        queue.offer(early);
        assertThat(queue.expire(4)).isEmpty();
        assertThat(queue.expire(5)).containsExactly(late);
        assertThat(late.queued()).isFalse();
        assertThat(queue.size()).isEqualTo(1);
    }

    @Test
    void aTicketCanNotWaitTwiceAtOnceButAgainLater() {
        AdmissionQueue queue = AdmissionQueue.fifo(new Bounds(10, 1000));
        Ticket ticket = ticket(1, 9);
        queue.offer(ticket);
        assertThatThrownBy(() -> queue.offer(ticket)).isInstanceOf(IllegalStateException.class);
        queue.poll();
        assertThat(queue.offer(ticket)).isEmpty();
    }

    @Test
    void itAgreesWithAPlainListUnderAnyOrderOfCalls() {
        SplittableRandom random = new SplittableRandom(1);
        AdmissionQueue queue = AdmissionQueue.fifo(new Bounds(20, 500));
        ArrayDeque<Ticket> model = new ArrayDeque<>();
        for (int i = 0; i < 20_000; i++) {
            switch (random.nextInt(4)) {
                case 0, 1 -> {
                    Ticket ticket = ticket(random.nextInt(60), i + random.nextInt(100));
                    if (queue.offer(ticket).isEmpty()) {
                        model.add(ticket);
                    }
                }
                case 2 -> assertThat(queue.poll().orElse(null)).isSameAs(model.poll());
                default -> {
                    if (!model.isEmpty() && random.nextBoolean()) {
                        Ticket ticket = new ArrayList<>(model).get(random.nextInt(model.size()));
                        assertThat(queue.remove(ticket)).isTrue();
                        model.remove(ticket);
                    } else {
                        int now = i;
                        List<Ticket> expired = queue.expire(now);
                        assertThat(expired).allMatch(t -> t.times.deadline() <= now);
                        model.removeAll(expired);
                        assertThat(model).allMatch(t -> t.times.deadline() > now);
                    }
                }
            }
            assertThat(queue.size()).isEqualTo(model.size()).isLessThanOrEqualTo(20);
            assertThat(queue.bytes())
                    .isEqualTo(model.stream().mapToLong(t -> t.bytes).sum())
                    .isLessThanOrEqualTo(500);
        }
    }

    @Test
    void higherPrioritiesLeaveFirstAndEqualOnesInOrder() {
        AdmissionQueue queue = AdmissionQueue.fifo(new Bounds(10, 1000));
        Ticket low = new Ticket(1, 9, -5);
        Ticket first = new Ticket(1, 9, 10);
        Ticket second = new Ticket(1, 5, 10);
        Ticket plain = new Ticket(1, 9, 0);
        List.of(low, first, plain, second).forEach(queue::offer);
        assertThat(queue.remove(second)).isTrue();
        queue.offer(second);
        assertThat(queue.expire(5)).containsExactly(second);
        assertThat(queue.poll()).contains(first);
        assertThat(queue.poll()).contains(plain);
        assertThat(queue.poll()).contains(low);
        assertThat(queue.poll()).isEmpty();
        assertThat(queue.bytes()).isZero();
    }
}
