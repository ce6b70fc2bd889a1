package dev.sluice.core.flow;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.sluice.core.flow.AdmissionQueue.Bounds;
import dev.sluice.core.flow.FlowSettings.Rules;
import dev.sluice.core.flow.Ticket.Share;
import dev.sluice.core.flow.Ticket.Times;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class FairnessTest {
    private static final FairnessKind NOTHING_SAVED = new FairnessKind.Shares(Duration.ZERO);
    private static final Bounds MANY = new Bounds(10_000, 1L << 40);

    private static AdmissionQueue queue(FairnessKind fairness, Ordering.Kind order) {
        Rules rules = Rules.of(fairness, order);
        return new AdmissionQueue(new FlowSettings(MANY, Map.of(), rules, rules, false, false));
    }

    private static Ticket of(String flow, double weight, double workMs) {
        return of(flow, weight, workMs, new Times(1000, 1000, Long.MAX_VALUE));
    }

    private static Ticket of(String flow, double weight, double workMs, Times times) {
        Ticket ticket = new Ticket(1, 0, times, new Share(flow, weight));
        ticket.work(workMs, workMs);
        return ticket;
    }

    private static void offer(AdmissionQueue queue, Ticket ticket, long now) {
        assertThat(queue.offer(ticket, now, pushed -> {})).isEmpty();
    }

    private static List<String> order(AdmissionQueue queue, long now) {
        List<String> names = new ArrayList<>();
        for (Optional<Ticket> next = queue.poll(p -> true, now); next.isPresent(); next = queue.poll(p -> true, now)) {
            names.add(next.get().share().flow());
        }
        return names;
    }

    @Test
    void sharesAreOfWorkAndNotOfRequests() {
        AdmissionQueue queue = queue(NOTHING_SAVED, Ordering.Kind.FIFO);
        for (int i = 0; i < 3; i++) {
            offer(queue, of("long", 1, 30), i);
        }
        for (int i = 0; i < 9; i++) {
            offer(queue, of("short", 1, 10), i);
        }
        assertThat(order(queue, 10))
                .containsExactly(
                        "long", "short", "short", "short", "long", "short", "short", "short", "long", "short", "short",
                        "short");
    }

    @Test
    void twiceTheWeightIsTwiceTheShare() {
        AdmissionQueue queue = queue(NOTHING_SAVED, Ordering.Kind.FIFO);
        for (int i = 0; i < 30; i++) {
            offer(queue, of("gold", 2, 10), i);
            offer(queue, of("plain", 1, 10), i);
        }
        List<String> first = order(queue, 40).subList(0, 30);
        assertThat(first.stream().filter("gold"::equals).count()).isEqualTo(20);
    }

    @Test
    void whoComesBackHasNotSavedUpAndOwesWhatItHad() {
        AdmissionQueue queue = queue(NOTHING_SAVED, Ordering.Kind.FIFO);
        for (int i = 0; i < 10; i++) {
            offer(queue, of("busy", 1, 10), i);
        }
        Ticket big = of("guest", 1, 50);
        offer(queue, big, 10);
        assertThat(queue.poll(p -> true, 11).orElseThrow().share().flow()).isEqualTo("busy");
        assertThat(queue.poll(p -> true, 11)).contains(big); // its tag was the least, and is 50 now
        offer(queue, of("guest", 1, 10), 12);
        // Had it been forgiven its 50 ms, it would be second.
        assertThat(order(queue, 13).indexOf("guest")).isEqualTo(5);
    }

    @Test
    void whoHasSavedUpSendsABurstAndThenItsShare() {
        AdmissionQueue queue = queue(new FairnessKind.Shares(Duration.ofMillis(30)), Ordering.Kind.FIFO);
        for (int i = 0; i < 20; i++) {
            offer(queue, of("busy", 1, 10), i);
        }
        for (int i = 0; i < 10; i++) {
            assertThat(queue.poll(p -> true, 20 + i).orElseThrow().share().flow())
                    .isEqualTo("busy");
        }
        for (int i = 0; i < 6; i++) {
            offer(queue, of("guest", 1, 10), 40);
        }
        // 30 ms are saved: three requests and the one whose turn it is go at once, the others take turns.
        assertThat(order(queue, 41).subList(0, 8))
                .containsExactly("guest", "guest", "guest", "guest", "busy", "guest", "busy", "guest");
    }

    @Test
    void whenNobodyWaitsAllIsForgiven() {
        AdmissionQueue queue = queue(NOTHING_SAVED, Ordering.Kind.FIFO);
        offer(queue, of("guest", 1, 5000), 0);
        assertThat(order(queue, 1)).containsExactly("guest");
        offer(queue, of("guest", 1, 10), 2);
        offer(queue, of("other", 1, 10), 2);
        assertThat(order(queue, 3)).containsExactly("guest", "other");
    }

    @Test
    void answersLongerThanPredictedAreCharged() {
        AdmissionQueue queue = queue(NOTHING_SAVED, Ordering.Kind.FIFO);
        for (int i = 0; i < 6; i++) {
            offer(queue, of("sly", 1, 10), i);
            offer(queue, of("plain", 1, 10), i);
        }
        assertThat(queue.poll(p -> true, 9).orElseThrow().share().flow()).isEqualTo("sly");
        queue.settled(0, "sly", 25, 0, 9); // it took 35 ms, not 10
        assertThat(order(queue, 10).subList(0, 5)).containsExactly("plain", "plain", "plain", "plain", "sly");
    }

    @Test
    void cancellingGivesNothingAway() {
        AdmissionQueue queue = queue(NOTHING_SAVED, Ordering.Kind.FIFO);
        List<Ticket> cancelled = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            Ticket ticket = of("fickle", 1, 10);
            offer(queue, ticket, i);
            cancelled.add(ticket);
            offer(queue, of("steady", 1, 10), i);
        }
        cancelled
                .subList(0, 3)
                .forEach(ticket -> assertThat(queue.remove(ticket)).isTrue());
        assertThat(order(queue, 9)).containsExactly("fickle", "steady", "steady", "steady", "steady");
    }

    /** Theorem 1 of the paper: while both wait, work over weight differs by no more than a request of each over its weight. */
    @Test
    void theBoundOfTheSourceHoldsOverEveryWindowInWhichBothWait() {
        for (long seed = 0; seed < 40; seed++) {
            SplittableRandom random = new SplittableRandom(seed);
            AdmissionQueue queue = queue(NOTHING_SAVED, Ordering.Kind.FIFO);
            int flows = random.nextInt(2, 8);
            double[] weights = random.doubles(flows, 0.5, 5).toArray();
            double[] most = new double[flows];
            Map<String, Integer> index = new LinkedHashMap<>();
            for (int f = 0; f < flows; f++) {
                index.put("f" + f, f);
                most[f] = random.nextDouble(5, 300);
                for (int i = 0; i < 3; i++) {
                    offer(queue, of("f" + f, weights[f], random.nextDouble(1, most[f])), i);
                }
            }
            double[] had = new double[flows];
            double[] low = new double[flows * flows];
            double[] high = new double[flows * flows];
            for (int step = 0; step < 500; step++) {
                Ticket next = queue.poll(p -> true, step).orElseThrow();
                int f = index.getOrDefault(next.share().flow(), -1);
                had[f] += next.workMs() / weights[f];
                offer(queue, of("f" + f, weights[f], random.nextDouble(1, most[f])), step); // always waits
                for (int g = 0; g < flows; g++) {
                    for (int h = 0; h < flows; h++) {
                        double lead = had[g] - had[h];
                        int pair = g * flows + h;
                        low[pair] = Math.min(low[pair], lead);
                        high[pair] = Math.max(high[pair], lead);
                        // From the least lead to the most: some window has that difference.
                        assertThat(high[pair] - low[pair])
                                .as("seed %d step %d", seed, step)
                                .isLessThanOrEqualTo(2 * (most[g] / weights[g] + most[h] / weights[h]));
                        assertThat(Math.abs(lead))
                                .isLessThanOrEqualTo(most[g] / weights[g] + most[h] / weights[h] + 1e-6);
                    }
                }
            }
        }
    }

    @Test
    void turnsGoByNameOneRequestEach() {
        AdmissionQueue queue = queue(FairnessKind.ROUND_ROBIN, Ordering.Kind.FIFO);
        for (String flow : List.of("c", "a", "a", "a", "b", "c")) {
            offer(queue, of(flow, 1, 10), 0);
        }
        assertThat(order(queue, 1)).containsExactly("a", "b", "c", "a", "c", "a");
    }

    @Test
    void aStrictBandKnowsNoFlows() {
        AdmissionQueue queue = queue(FairnessKind.STRICT, Ordering.Kind.FIFO);
        List<String> came = List.of("b", "a", "a", "c", "b", "a");
        came.forEach(flow -> offer(queue, of(flow, 1, 10), 0));
        assertThat(order(queue, 1)).isEqualTo(came);
    }

    @Test
    void aStrictBandByDeadlineTakesTheEarliestOfAllFlows() {
        AdmissionQueue queue = queue(FairnessKind.STRICT, Ordering.Kind.DEADLINE);
        offer(queue, of("a", 1, 10, new Times(50, 50, 0)), 0);
        offer(queue, of("b", 1, 10, new Times(30, 30, 0)), 0);
        offer(queue, of("a", 1, 10, new Times(20, 20, 0)), 0);
        offer(queue, of("c", 1, 10, new Times(40, 40, 0)), 0);
        assertThat(order(queue, 1)).containsExactly("a", "b", "c", "a");
    }

    @Test
    void whoeverIsDueFirstGoesFirstWithinAFlowAndWhoeverIsNotDueLast() {
        AdmissionQueue queue = queue(FairnessKind.SHARES, Ordering.Kind.DUE);
        Ticket whenever = of("a", 1, 10, new Times(900, 900, Long.MAX_VALUE));
        Ticket later = of("a", 1, 10, new Times(900, 900, 70));
        Ticket soon = of("a", 1, 10, new Times(900, 900, 20));
        Ticket alsoWhenever = of("a", 1, 10, new Times(800, 800, Long.MAX_VALUE));
        List.of(whenever, later, soon, alsoWhenever).forEach(t -> offer(queue, t, 0));
        List<Ticket> left = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            left.add(queue.poll(p -> true, 1).orElseThrow());
        }
        assertThat(left).containsExactly(soon, later, whenever, alsoWhenever);
    }

    @Test
    void leastAttainedServiceGoesFirstAndWhatOneHadFades() {
        Duration minute = Duration.ofMinutes(1);
        AdmissionQueue queue =
                queue(new FairnessKind.LeastService(0.8, 0.2, minute, Duration.ofHours(1)), Ordering.Kind.FIFO);
        queue.settled(0, "heavy", Double.NaN, 10_000, 0);
        offer(queue, of("heavy", 1, 10), 0);
        offer(queue, of("light", 1, 10), 0);
        assertThat(order(queue, 1)).containsExactly("light", "heavy");
        // Ten half-lives on, light has had more.
        long later = 10 * minute.toNanos();
        queue.settled(0, "light", Double.NaN, 1000, later);
        offer(queue, of("heavy", 1, 10), later);
        offer(queue, of("light", 1, 10), later);
        assertThat(order(queue, later + 1)).containsExactly("heavy", "light");
    }

    @Test
    void aHeadThatWaitsLongCanOutweighService() {
        AdmissionQueue queue = queue(
                new FairnessKind.LeastService(0.2, 0.8, Duration.ofMinutes(1), Duration.ofHours(1)),
                Ordering.Kind.FIFO);
        queue.settled(0, "heavy", Double.NaN, 10_000, 0);
        offer(queue, of("heavy", 1, 10), 0);
        offer(queue, of("light", 1, 10), 500);
        assertThat(order(queue, 1000)).containsExactly("heavy", "light");
    }

    @Test
    void clientsThatNameAsManyFlowsAsTheyLikeAreForgotten() {
        AdmissionQueue queue = queue(
                new FairnessKind.LeastService(0.8, 0.2, Duration.ofMinutes(1), Duration.ofSeconds(10)),
                Ordering.Kind.FIFO);
        for (int i = 0; i < 100; i++) {
            queue.settled(
                    0, "program-" + i, Double.NaN, 100, Duration.ofSeconds(i).toNanos());
        }
        // Those of the last ten seconds are known still: a newcomer goes before them.
        long now = Duration.ofSeconds(99).toNanos();
        offer(queue, of("program-99", 1, 1), now);
        offer(queue, of("program-1", 1, 1), now);
        assertThat(order(queue, now)).containsExactly("program-1", "program-99");
    }

    @Test
    void workIsNeverFree() {
        Ticket ticket = of("a", 1, -3);
        assertThat(ticket.workMs()).isPositive();
        ticket.work(Double.NaN, Double.NaN);
        assertThat(ticket.workMs()).isPositive().isCloseTo(0.001, within(1e-9));
    }
}
