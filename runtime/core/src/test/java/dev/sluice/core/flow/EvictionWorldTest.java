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
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.PriorityQueue;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Seeded lives of a small pool in virtual time, whose batch requests are long and whose others come in bursts. After every round: nobody
 * of priority 0 or above is taken back, nobody without a request of priority 0 or above that waits, two a round at most, the lowest and
 * newest first, no round before the last one's grace is over unless more is lacking than is pending, and none while it is off.
 */
class EvictionWorldTest {
    private static final long MS = 1_000_000;
    private static final long END = 60_000 * MS;
    private static final int LIMIT = 4;

    /** What says that the pool is full. */
    enum Full {
        /** The endpoints' limits. */
        ROOM(false, 0),
        /** A detector that reads the ledger. */
        LEDGER(true, 0),
        /** One that sees things so late, ms. */
        LATE(true, 450);

        final boolean detects;
        final long lag;

        Full(boolean detects, long lag) {
            this.detects = detects;
            this.lag = lag;
        }
    }

    private static final class Live extends Running {
        final Charge charge;
        final long born;
        boolean gone;
        long toldAt = -1;
        /** Until when its end may not show yet. */
        long unseenUntil;

        long graceThen;

        Live(int priority, Charge charge, long born) {
            super(priority, charge.endpointId());
            this.charge = charge;
            this.born = born;
        }
    }

    private record Event(long at, long number, Runnable does) {}

    private static final class World {
        final Random random;
        final Pool pool = new Pool(new PoolSettings(
                "p",
                LIMIT,
                16,
                5,
                Duration.ofSeconds(1),
                Duration.ZERO,
                new PoolSettings.Priors(20_000, 0, 8, 0.05, 4096)));
        final FlowControl flow;
        final Full full;
        final boolean on;
        final long grace;
        final PriorityQueue<Event> events =
                new PriorityQueue<>(Comparator.comparingLong(Event::at).thenComparingLong(Event::number));
        final List<Live> running = new ArrayList<>();
        final List<Live> unseen = new ArrayList<>();
        /** How full the pool was, by time. */
        final List<double[]> past = new ArrayList<>();

        long now;
        long numbers;
        long lastRound = Long.MIN_VALUE / 2;
        int evicted;
        int batchDone;
        int served;
        int came;
        double waitedMs;

        World(long seed, Full full, boolean on) {
            random = new Random(seed);
            this.full = full;
            this.on = on;
            grace = (full == Full.LATE ? 500 : 10) * MS;
            // A detector's own limit is below the endpoints', so that it is what holds requests back.
            Saturation detector = (p, granted, ms, at) -> saturation(granted);
            flow = new FlowControl(
                    pool,
                    new FlowRules(
                            FlowSettings.plain(new Bounds(10_000, 1L << 40)),
                            full.detects ? detector : Saturation.NONE,
                            Ceilings.same(1),
                            on ? new Eviction.Rules(true, grace) : Eviction.Rules.OFF));
            List<Endpoint> rows = List.of(
                    new Endpoint("a", "a:1", Role.BOTH, Map.of()), new Endpoint("b", "b:1", Role.BOTH, Map.of()));
            pool.setEndpoints(rows, 0);
            rows.forEach(row -> pool.probeSucceeded(row.id(), List.of("m"), 0));
        }

        double saturation(int granted) {
            double truth = pool.inFlight() / 6.0;
            if (full.lag == 0) {
                return (pool.inFlight() + granted) / 6.0;
            }
            past.add(new double[] {now, truth});
            double seen = 0;
            for (double[] was : past) {
                if (was[0] <= now - full.lag * MS) {
                    seen = was[1];
                }
            }
            past.removeIf(was -> was[0] < now - 2 * full.lag * MS && past.size() > 50);
            return Math.max(seen, granted > 0 ? 1 : 0);
        }

        void at(long when, Runnable does) {
            events.add(new Event(when, numbers++, does));
        }

        void arrivals() {
            for (long t = 0; t < END; t += (20 + random.nextInt(200)) * MS) {
                int priority = random.nextInt(3) == 0 ? -10 : -1;
                long length = (2000 + random.nextInt(8000)) * MS;
                at(t, () -> arrive(priority, length));
            }
            for (long t = 3000 * MS; t < END; t += (2000 + random.nextInt(3000)) * MS) {
                int burst = 1 + random.nextInt(random.nextInt(4) == 0 ? 12 : 4);
                for (int i = 0; i < burst; i++) {
                    int priority = random.nextInt(2) * 5;
                    long length = (200 + random.nextInt(800)) * MS;
                    at(t + random.nextInt(50) * MS, () -> arrive(priority, length));
                }
            }
            for (long t = 0; t < END + 60_000 * MS; t += 50 * MS) {
                at(t, this::wake);
            }
        }

        void arrive(int priority, long length) {
            long born = now;
            if (priority >= 0) {
                came++;
            }
            Ticket ticket =
                    new Ticket(
                            1, priority, new Times(Long.MAX_VALUE, Long.MAX_VALUE, Long.MAX_VALUE), new Share("t", 1)) {
                        @Override
                        public String toString() {
                            return length + " " + born;
                        }
                    };
            flow.predict(ticket, new Work(100, 0, 10), now);
            Entry entry = flow.enter(ticket, true, pushed -> {}, now).entry();
            if (entry == Entry.AT_ONCE) {
                send(ticket);
            } else {
                assertThat(entry).isEqualTo(Entry.WAITS);
                round();
            }
        }

        void wake() {
            for (Optional<Ticket> next = flow.next(now); next.isPresent(); next = flow.next(now)) {
                send(next.get());
            }
            round();
        }

        void send(Ticket ticket) {
            String[] words = ticket.toString().split(" ");
            Snapshot snapshot = pool.snapshot(now);
            Optional<Charge> charge = Optional.empty();
            for (int row = 0; row < snapshot.size() && charge.isEmpty(); row++) {
                charge = pool.charge(snapshot, row, new Work(100, 0, 10), 0, now);
            }
            Live live = new Live(ticket.priority(), charge.orElseThrow(), now);
            running.add(live);
            flow.runs(live);
            flow.used(ticket);
            if (ticket.priority() >= 0) {
                served++;
                waitedMs += (now - Long.parseLong(words[1])) / (double) MS;
            }
            at(now + Long.parseLong(words[0]), () -> end(live, Outcome.COMPLETED));
        }

        void end(Live live, Outcome outcome) {
            if (live.gone) {
                return;
            }
            live.gone = true;
            running.remove(live);
            pool.settle(live.charge, outcome, Usage.UNKNOWN, 0, 0, now);
            flow.ran(live, now);
            if (outcome == Outcome.COMPLETED && live.priority() < 0) {
                batchDone++;
            }
            if (live.toldAt >= 0 && now < live.unseenUntil) {
                live.unseenUntil = now + live.graceThen;
            }
            wake();
        }

        void round() {
            List<Running> victims = flow.evict(now);
            unseen.removeIf(live -> live.unseenUntil <= now);
            if (victims.isEmpty()) {
                return;
            }
            assertThat(on).isTrue();
            assertThat(victims.size()).isLessThanOrEqualTo(2);
            assertThat(flow.queue().waitsAtOrAbove(0)).as("somebody waits").isTrue();
            assertThat(now - lastRound).isGreaterThanOrEqualTo(Eviction.BETWEEN_NS);
            lastRound = now;
            boolean room = pool.room() - flow.granted() > 0;
            if (full == Full.ROOM) {
                assertThat(room).isFalse();
                assertThat(unseen.size() + victims.size())
                        .as("no more than wait")
                        .isLessThanOrEqualTo(flow.queue().countAtOrAbove(0));
            } else if (room) {
                double s = flow.saturation(now);
                assertThat(s).isGreaterThanOrEqualTo(1);
                double credit = s / pool.inFlight();
                assertThat(s - unseen.size() * credit)
                        .as("more is lacking than is on its way")
                        .isGreaterThan(1 - 1e-9);
            }
            for (Running victim : victims) {
                Live live = (Live) victim;
                assertThat(live.priority()).isNegative();
                assertThat(live.gone).isFalse();
                assertThat(live.toldAt).as("once").isNegative();
                live.toldAt = now;
                live.unseenUntil = now + Eviction.CONFIRM_NS;
                live.graceThen = room ? grace : Eviction.LEDGER_GRACE_NS;
                unseen.add(live);
                evicted++;
                // One in twenty does not hear of it.
                if (random.nextInt(20) > 0) {
                    at(now + random.nextInt(30) * MS, () -> end(live, Outcome.EVICTED));
                }
            }
            Live last = (Live) victims.getLast();
            for (Live other : running) {
                if (other.priority() < 0 && other.toldAt < 0) {
                    assertThat(other.priority()).isGreaterThanOrEqualTo(last.priority());
                    if (other.priority() == last.priority()) {
                        assertThat(other.born).isLessThanOrEqualTo(last.born);
                    }
                }
            }
        }

        World live() {
            arrivals();
            while (!events.isEmpty() && events.peek().at() < END + 60_000 * MS) {
                Event event = events.remove();
                now = event.at();
                event.does().run();
            }
            assertThat(served).as("all of priority 0 and above were served").isEqualTo(came);
            return this;
        }
    }

    @ParameterizedTest
    @EnumSource(Full.class)
    void nobodyIsTakenBackButByTheRules(Full full) {
        int evicted = 0;
        for (long seed = 1; seed <= 10; seed++) {
            evicted += new World(seed, full, true).live().evicted;
        }
        assertThat(evicted).as("%s", full).isGreaterThan(200);
    }

    @ParameterizedTest
    @EnumSource(Full.class)
    void whoWaitsWaitsLessAndWhatIsTakenBackIsNotMuchMoreThanWhatCame(Full full) {
        World with = new World(7, full, true).live();
        World without = new World(7, full, false).live();
        assertThat(without.evicted).isZero();
        assertThat(with.came).isEqualTo(without.came);
        assertThat(with.waitedMs / with.served)
                .as("%s: mean wait of priority 0 and above, ms; without: %s", full, without.waitedMs / without.served)
                .isLessThan(without.waitedMs / without.served / 2);
        assertThat(with.evicted).as("victims, with %s that came", with.came).isLessThan(2 * with.came);
        assertThat(with.batchDone).as("batch goes on").isGreaterThan(without.batchDone / 3);
    }

    @Test
    void theSameSeedGivesTheSameLife() {
        World one = new World(3, Full.LATE, true).live();
        World two = new World(3, Full.LATE, true).live();
        assertThat(one.evicted).isEqualTo(two.evicted).isPositive();
        assertThat(one.waitedMs).isEqualTo(two.waitedMs);
    }
}
