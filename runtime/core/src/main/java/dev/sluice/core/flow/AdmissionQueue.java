package dev.sluice.core.flow;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;

/**
 * The one queue in which requests wait for room. Bounded by count and by bytes, in all, by priority and by flow; every ticket has a
 * deadline. Priorities are bands: the highest in which a ticket waits is served first. Within a band a {@link Fairness} says whose
 * turn it is, and within a flow an {@link Ordering} who of it. Not thread-safe, like all of core.
 *
 * <p><b>Cost.</b> With F flows that wait and n tickets: a ticket enters in O(log F), and O(log n) where its flow is ordered by time;
 * leaves for an engine likewise; and leaves on its own account, wherever it stands, in constant time unless it was its flow's first
 * or is ordered by time. With one flow and first in, first out, everything takes constant time.
 */
public final class AdmissionQueue {
    /** Bands that are kept although nothing of theirs waits: it would cost more to make them anew again and again. */
    private static final int KEPT = 16;

    private final TreeMap<Integer, Band> bands = new TreeMap<>(Comparator.reverseOrder());
    private final DeadlineWheel wheel = new DeadlineWheel();
    private final DrainRate drain = new DrainRate();
    private FlowSettings settings;
    private int count;
    private long bytes;
    private long arrivals;
    private boolean serving = true;
    /** Empty: to be made anew. */
    private int[] priorities = {};

    /**
     * How much may wait.
     *
     * @param count tickets, 0 to refuse at once
     * @param bytes sum of the bodies that wait
     */
    public record Bounds(int count, long bytes) {}

    /** Why a ticket can't wait. */
    public enum Full {
        /** Too many wait already. */
        COUNT,
        /** Too many bytes wait already. */
        BYTES,
        /** Too many of its priority wait already. */
        BAND_COUNT,
        /** Too many bytes of its priority wait already. */
        BAND_BYTES,
        /** Too many of its flow wait already. */
        FLOW_COUNT,
        /** Too many bytes of its flow wait already. */
        FLOW_BYTES,
        /** It would wait longer than it may. */
        TIME;

        /** Whether the flow's own bound was met, whatever others do. */
        public boolean own() {
            return this == FLOW_COUNT || this == FLOW_BYTES;
        }
    }

    /** A queue. */
    public AdmissionQueue(FlowSettings settings) {
        this.settings = settings;
    }

    /** A queue that is first in, first out within a priority. */
    public static AdmissionQueue fifo(Bounds bounds) {
        return new AdmissionQueue(FlowSettings.plain(bounds));
    }

    /** How tickets wait. */
    public FlowSettings settings() {
        return settings;
    }

    /** Other rules hold from now on. Who waits goes on waiting, even where the new bounds would not have let it in. */
    public void configure(FlowSettings next, long now) {
        // The same object first: to compare records takes 10 ms for the first time, which is in a start.
        if (Objects.equals(next, settings)) {
            return;
        }
        List<Ticket> waiting = all();
        waiting.sort((a, b) -> Long.compare(a.number, b.number));
        settings = next;
        priorities = new int[0];
        bands.clear();
        for (Ticket ticket : waiting) {
            band(ticket.priority).add(ticket, now);
        }
    }

    private Band band(int priority) {
        Band known = bands.get(priority);
        if (known != null) {
            return known;
        }
        Band made = new Band(priority, settings.rules(priority));
        bands.put(priority, made);
        priorities = new int[0];
        return made;
    }

    /** Lets a ticket wait, or says why it can't; nobody is pushed out for it. */
    public Optional<Full> offer(Ticket ticket) {
        return offer(ticket, ticket.arrived, pushed -> {
            throw new IllegalStateException("nobody is told who was pushed out");
        });
    }

    /**
     * Lets a ticket wait, or says why it can't.
     *
     * @param pushed is told of each ticket that has to leave for it; it is out of the queue then
     */
    public Optional<Full> offer(Ticket ticket, long now, Consumer<Ticket> pushed) {
        if (ticket.queued) {
            throw new IllegalStateException("ticket waits already");
        }
        FlowSettings.Rules rules = settings.rules(ticket.priority);
        Band band = bands.get(ticket.priority);
        Flow flow = band == null ? null : band.flow(ticket.share.flow());
        Bounds own = rules.flowBounds();
        if ((flow == null ? 0 : flow.count) >= own.count()) {
            return Optional.of(Full.FLOW_COUNT);
        }
        if (over(flow == null ? 0 : flow.bytes, ticket.bytes, own.bytes())) {
            return Optional.of(Full.FLOW_BYTES);
        }
        if (settings.early() && expectedWait(ticket, now) > ticket.deadline(serving) - now) {
            return Optional.of(Full.TIME);
        }
        Optional<Full> full = full(band, rules, ticket);
        if (full.isPresent()) {
            List<Ticket> victims = settings.pushOut() ? victims(band, rules, ticket) : List.of();
            if (victims.isEmpty()) {
                return full;
            }
            for (Ticket victim : victims) {
                remove(victim, now);
                pushed.accept(victim);
            }
        }
        add(ticket, now);
        return Optional.empty();
    }

    private static boolean over(long have, long more, long most) {
        return more > most - have;
    }

    private Optional<Full> full(@Nullable Band band, FlowSettings.Rules rules, Ticket ticket) {
        if ((band == null ? 0 : band.count) >= rules.bounds().count()) {
            return Optional.of(Full.BAND_COUNT);
        }
        if (over(band == null ? 0 : band.bytes, ticket.bytes, rules.bounds().bytes())) {
            return Optional.of(Full.BAND_BYTES);
        }
        if (count >= settings.total().count()) {
            return Optional.of(Full.COUNT);
        }
        return over(bytes, ticket.bytes, settings.total().bytes()) ? Optional.of(Full.BYTES) : Optional.empty();
    }

    /**
     * Who has to leave so that this one may wait; empty when that can't be done. Within its own priority it is the flow that has
     * most waiting for its weight, if that is more than the newcomer's own would be (McKenney, "Stochastic fairness queueing", 1990:
     * drop from the longest queue). Of lower priorities it is the lowest first, and in it the greediest flow. The ticket that would leave
     * last goes first: it has the longest way to go still. Nobody leaves in vain.
     */
    private List<Ticket> victims(@Nullable Band own, FlowSettings.Rules rules, Ticket ticket) {
        Bounds total = settings.total();
        if (total.count() == 0 || rules.bounds().count() == 0) {
            return List.of();
        }
        long ownCount = own == null ? 0 : own.count + 1L - rules.bounds().count();
        long ownBytes = own == null ? 0 : own.bytes - (rules.bounds().bytes() - ticket.bytes);
        if (rules.bounds().bytes() < ticket.bytes || total.bytes() < ticket.bytes) {
            return List.of();
        }
        Need band = new Need(ownCount, ownBytes);
        Need all = new Need(count + 1L - total.count(), bytes - (total.bytes() - ticket.bytes));
        List<Ticket> victims = new ArrayList<>();
        if (!all.met() && band.met()) {
            lower(ticket.priority, all, victims);
        }
        if ((!band.met() || !all.met()) && own != null) {
            greedier(own, ticket, band, all, victims);
        }
        return band.met() && all.met() ? victims : List.of();
    }

    /** What has to leave still. */
    private static final class Need {
        private long count;
        private long bytes;

        Need(long count, long bytes) {
            this.count = count;
            this.bytes = bytes;
        }

        boolean met() {
            return count <= 0 && bytes <= 0;
        }

        void less(Ticket ticket) {
            count--;
            bytes -= ticket.bytes;
        }
    }

    private void lower(int priority, Need need, List<Ticket> victims) {
        for (Map.Entry<Integer, Band> lowest : bands.descendingMap().entrySet()) {
            if (lowest.getKey() >= priority || need.met()) {
                return;
            }
            // From the greediest flow, and when that is used up, from all: few are wanted as a rule.
            Flow flow = lowest.getValue().greediest();
            if (flow != null) {
                take(flow, need, victims);
            }
            for (Flow other : lowest.getValue().flows()) {
                if (!other.equals(flow)) {
                    take(other, need, victims);
                }
            }
        }
    }

    private static void take(Flow flow, Need need, List<Ticket> victims) {
        for (Ticket last = flow.order.last(); last != null && !need.met(); last = flow.order.before(last)) {
            victims.add(last);
            need.less(last);
        }
    }

    private static void greedier(Band own, Ticket ticket, Need band, Need all, List<Ticket> victims) {
        Flow greedy = own.greediest();
        Flow mine = own.flow(ticket.share.flow());
        if (greedy == null || greedy.equals(mine)) {
            return;
        }
        double after = ((mine == null ? 0 : mine.work) + ticket.work) / ticket.share.weight();
        double left = greedy.work;
        for (Ticket last = greedy.order.last(); last != null; last = greedy.order.before(last)) {
            // It must have more even without the ticket that it loses, or two flows would push each other out in turn.
            left -= last.work;
            if ((band.met() && all.met()) || left / greedy.weight < after) {
                return;
            }
            victims.add(last);
            band.less(last);
            all.less(last);
        }
    }

    private void add(Ticket ticket, long now) {
        boolean first = count == 0;
        ticket.queued = true;
        ticket.arrived = now;
        ticket.number = arrivals++;
        count++;
        bytes += ticket.bytes;
        band(ticket.priority).add(ticket, now);
        wheel.add(ticket);
        if (first) {
            drain.waits(serving, now);
        }
    }

    /** The ticket that is next leaves the queue; empty when none waits. */
    public Optional<Ticket> poll() {
        return poll(priority -> true, 0);
    }

    /**
     * The ticket that is next leaves the queue for an engine.
     *
     * @param open whether a band may be served now; where a band may not, those below it may not either
     * @return empty when none waits that may
     */
    public Optional<Ticket> poll(IntPredicate open, long now) {
        for (Band band : bands.values()) {
            if (!open.test(band.priority)) {
                return Optional.empty();
            }
            Ticket next = band.count == 0 ? null : band.next(now);
            if (next != null && next.flow != null) {
                band.fairness.served(next.flow, next, now);
                drain.left(next.work, now);
                remove(next, now);
                return Optional.of(next);
            }
        }
        return Optional.empty();
    }

    /** A ticket leaves: its client has gone, or it was served another way. False when it did not wait. */
    public boolean remove(Ticket ticket) {
        return remove(ticket, ticket.arrived);
    }

    /** The same at a known time, ns. */
    public boolean remove(Ticket ticket, long now) {
        Flow flow = ticket.flow;
        if (!ticket.queued || flow == null) {
            return false;
        }
        ticket.queued = false;
        count--;
        bytes -= ticket.bytes;
        Band band = flow.band;
        band.remove(ticket, flow, now);
        wheel.remove(ticket);
        if (bands.size() > KEPT && band.empty()) {
            bands.remove(band.priority);
            priorities = new int[0];
        }
        if (count == 0) {
            drain.waits(false, now);
        }
        return true;
    }

    /** Removes and returns the tickets whose deadline has passed, in the order of their arrival. */
    public List<Ticket> expire(long now) {
        List<Ticket> late = wheel.late(now, serving);
        for (Ticket ticket : late) {
            remove(ticket, now);
        }
        return late;
    }

    /** Whether some endpoint is in service from now on: it says which deadline of a ticket counts, and whether the queue can move. */
    public void serving(boolean now, long at) {
        if (now != serving) {
            serving = now;
            drain.forget();
            drain.waits(serving && count > 0, at);
        }
    }

    /**
     * How long a ticket would wait that was offered now: what would leave before it, over the speed at which work is seen to leave.
     *
     * @return ns; 0 while that speed is not known
     */
    public long expectedWait(Ticket ticket, long now) {
        double rate = count == 0 ? Double.NaN : drain.rate(now);
        if (Double.isNaN(rate)) {
            return 0;
        }
        double ahead = 0;
        for (Band band : bands.values()) {
            if (band.priority > ticket.priority) {
                ahead += band.work;
            } else if (band.priority == ticket.priority) {
                ahead += band.fairness.ahead(band, band.flow(ticket.share.flow()), ticket.share.weight(), ticket.work);
            }
        }
        return ahead <= 0 ? 0 : (long) Math.min(ahead / rate, 1e18);
    }

    /**
     * A request of this flow that left for an engine has ended.
     *
     * @param moreMs by which it took longer than was predicted, ms; negative for less
     * @param tokens that it had, its prompt's once and its answer's twice
     */
    public void settled(int priority, String flow, double moreMs, double tokens, long now) {
        Band known = bands.get(priority);
        boolean counts = settings.rules(priority).fairness() instanceof FairnessKind.LeastService;
        if (known == null && !counts) {
            return;
        }
        Band band = known == null ? band(priority) : known;
        Flow its = band.flow(flow);
        if (its != null && !Double.isNaN(moreMs)) {
            band.fairness.amend(its, moreMs * 1e3);
        }
        band.fairness.tokens(flow, tokens, now);
    }

    /** Whether somebody waits whose priority is this one or higher. */
    public boolean waitsAtOrAbove(int priority) {
        return count > 0 && countAtOrAbove(priority) > 0;
    }

    /** How many wait whose priority is this one or higher. */
    public int countAtOrAbove(int priority) {
        int sum = 0;
        for (Band band : bands.values()) {
            if (band.priority < priority) {
                break;
            }
            sum += band.count;
        }
        return sum;
    }

    /** The highest priority that waits; {@link Integer#MIN_VALUE} when none does. */
    public int highest() {
        for (Band band : bands.values()) {
            if (band.count > 0) {
                return band.priority;
            }
        }
        return Integer.MIN_VALUE;
    }

    /** How many wait. */
    public int size() {
        return count;
    }

    /** Bytes of the bodies that wait. */
    public long bytes() {
        return bytes;
    }

    /** Priorities that are known: those with rules of their own, 0, and those of tickets that wait; the highest first. */
    int[] priorities() {
        if (priorities.length == 0) {
            TreeSet<Integer> all = new TreeSet<>(Comparator.reverseOrder());
            all.add(0);
            all.addAll(settings.bands().keySet());
            all.addAll(bands.keySet());
            priorities = all.stream().mapToInt(Integer::intValue).toArray();
        }
        return priorities;
    }

    private List<Ticket> all() {
        List<Ticket> tickets = new ArrayList<>();
        bands.values().forEach(band -> tickets.addAll(band.all()));
        return tickets;
    }

    /**
     * What waits of one flow in one band.
     *
     * @param count requests
     * @param bytes of their bodies
     * @param workMs predicted time that they will keep engines busy, ms
     */
    public record Waiting(int priority, String flow, int count, long bytes, double workMs) {}

    /** What waits, the highest priority first. */
    public List<Waiting> report() {
        List<Waiting> rows = new ArrayList<>();
        for (Band band : bands.values()) {
            for (Flow flow : band.flows()) {
                if (flow.count > 0) {
                    rows.add(new Waiting(band.priority, flow.name, flow.count, flow.bytes, flow.work / 1e3));
                }
            }
        }
        return rows;
    }
}
