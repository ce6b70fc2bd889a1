package dev.sluice.core.flow;

import dev.sluice.core.Pool;
import dev.sluice.core.Work;
import dev.sluice.core.flow.AdmissionQueue.Full;
import dev.sluice.core.flow.Wait.Why;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * When a request may go on to an engine of its pool, and who is next. A request goes on when some endpoint has room and the pool's
 * saturation is below the ceiling of its band and of all bands above; else it waits in the {@link AdmissionQueue}. Which endpoint it
 * gets is decided afterwards, when it leaves: what has changed while it waited counts (late binding).
 *
 * <p>Room is set aside when a request may go on and given back with {@link #used}, whatever has become of it. Called inside the pool's
 * critical section, like the pool itself.
 *
 * <p><b>Never at a standstill.</b> A detector that says of an idle pool that it is full, such as one whose metrics are gone, holds nobody
 * back: while nothing runs and nothing is set aside, the first may go on.
 */
public final class FlowControl {
    private final Pool pool;
    private final AdmissionQueue queue;
    private final Eviction eviction;
    private Ceilings ceilings;
    private Saturation saturation;
    private int granted;
    private long grantedPrompts;
    /** The last look at who may be served; {@link #evict} does not look again, as some ceilings count looks. */
    private @Nullable Gate seen;

    /** How a request came in. */
    public enum Entry {
        /** Room is set aside for it. */
        AT_ONCE,
        /** It waits. */
        WAITS,
        /** It can't wait. */
        REFUSED
    }

    /**
     * What became of a request that came.
     *
     * @param full why it can't wait; null unless it was refused
     */
    public record Entered(Entry entry, @Nullable Full full) {
        private static final Entered AT_ONCE = new Entered(Entry.AT_ONCE, null);
        private static final Entered WAITS = new Entered(Entry.WAITS, null);
    }

    /** One pool's. */
    public FlowControl(Pool pool, FlowRules rules) {
        this.pool = pool;
        this.queue = new AdmissionQueue(rules.settings());
        this.eviction = new Eviction(rules.eviction());
        this.saturation = rules.saturation();
        this.ceilings = rules.ceilings();
    }

    /** Other rules hold from now on. */
    public void configure(FlowRules rules, long now) {
        queue.configure(rules.settings(), now);
        eviction.configure(rules.eviction());
        seen = null;
        saturation = rules.saturation();
        ceilings = rules.ceilings();
    }

    /** The queue inside. */
    public AdmissionQueue queue() {
        return queue;
    }

    /** Says what a ticket asks for, by the pool's learned rates; before it enters. */
    public void predict(Ticket ticket, Work work, long now) {
        Pool.Predicted predicted = pool.predict(work, now);
        ticket.work(predicted.totalMs(), predicted.promptMs());
    }

    /** Whether a request of this priority that came now would go on at once. */
    public boolean open(int priority, long now) {
        return pool.serving() && obstacle(priority, now) == Why.NOTHING;
    }

    private Why obstacle(int priority, long now) {
        if (pool.room() - granted <= 0) {
            return Why.NO_ROOM;
        }
        if (queue.waitsAtOrAbove(priority)) {
            return Why.BEHIND;
        }
        return new Gate(now).open(priority) ? Why.NOTHING : Why.SATURATED;
    }

    /**
     * A request comes.
     *
     * @param waits whether it may wait where it can't go on
     * @param pushed is told of each ticket that must leave the queue for it
     */
    public Entered enter(Ticket ticket, boolean waits, Consumer<Ticket> pushed, long now) {
        boolean serving = pool.serving();
        queue.serving(serving, now);
        Why why = serving ? obstacle(ticket.priority, now) : Why.NO_ENDPOINT;
        if (why == Why.NOTHING || (!serving && !waits)) {
            grant(ticket);
            return Entered.AT_ONCE;
        }
        Gate gate = new Gate(now);
        seen = gate;
        double ceiling = gate.ceiling(ticket.priority);
        ticket.waits(new Wait(
                why,
                gate.saturation(),
                ceiling,
                queue.countAtOrAbove(ticket.priority),
                queue.expectedWait(ticket, now) / 1e6));
        Optional<Full> full = queue.offer(ticket, now, pushed);
        return full.map(reason -> new Entered(Entry.REFUSED, reason)).orElse(Entered.WAITS);
    }

    private void grant(Ticket ticket) {
        granted++;
        grantedPrompts += ticket.prompt;
    }

    /** The request that may go on now, with room set aside for it; empty when none may. */
    public Optional<Ticket> next(long now) {
        boolean serving = pool.serving();
        queue.serving(serving, now);
        if (queue.size() == 0 || !serving || pool.room() - granted <= 0) {
            return Optional.empty();
        }
        Gate gate = new Gate(now);
        seen = gate;
        Optional<Ticket> next = queue.poll(gate::open, now);
        next.ifPresent(this::grant);
        return next;
    }

    /** The next request, whether or not there is room: for a pool that has no endpoint in service and gets none. */
    public Optional<Ticket> drain(long now) {
        Optional<Ticket> next = queue.poll(priority -> true, now);
        next.ifPresent(this::grant);
        return next;
    }

    /** Room that was set aside for this ticket has been used, or is given back. */
    public void used(Ticket ticket) {
        granted--;
        grantedPrompts -= ticket.prompt;
    }

    /** A request that waits leaves. False when it did not wait. */
    public boolean leave(Ticket ticket, long now) {
        return queue.remove(ticket, now);
    }

    /** Those whose time is over leave. */
    public List<Ticket> expire(long now) {
        queue.serving(pool.serving(), now);
        return queue.expire(now);
    }

    /** A request has ended that went on to an engine: see {@link AdmissionQueue#settled}. */
    public void settled(Ticket ticket, Work really, long now) {
        Pool.Predicted took = pool.predict(really, now);
        queue.settled(
                ticket.priority,
                ticket.share.flow(),
                took.totalMs() - ticket.work / 1e3,
                really.promptTokens() + 2.0 * really.outputTokens(),
                now);
    }

    /** A request is with an engine from now on; kept only where it may be taken back. */
    public void runs(Running request) {
        eviction.began(request);
    }

    /** It is not any longer, whatever has ended it. */
    public void ran(Running request, long now) {
        eviction.ended(request, now);
    }

    /**
     * Requests that run and must give way now, so that one that waits may go on: see {@link Eviction}. Asked after {@link #enter} let one
     * wait, or after {@link #next} found none, at the same time. The caller ends them.
     *
     * @return empty unless the rules say so, a request of priority 0 or above waits, and the pool is full
     */
    public List<Running> evict(long now) {
        int waits = eviction.on() && queue.size() > 0 ? queue.highest() : -1;
        if (waits < 0 || !pool.serving()) {
            return List.of();
        }
        Eviction.Need need;
        if (pool.room() - granted <= 0) {
            need = Eviction.Need.of(waits, queue.countAtOrAbove(0));
        } else {
            Gate gate = seen;
            if (gate == null || gate.now != now || gate.open(waits)) {
                return List.of();
            }
            need = Eviction.Need.of(waits, gate.saturation(), gate.ceiling(waits), pool.inFlight());
        }
        return eviction.round(need, victim -> pool.serves(victim.endpoint), now);
    }

    /** What is known of requests that may be taken back. */
    public Eviction eviction() {
        return eviction;
    }

    /** Requests that may go on and are not charged yet. */
    public int granted() {
        return granted;
    }

    /** How full the pool is; NaN when nothing can be said. */
    public double saturation(long now) {
        return saturation.of(pool, granted, grantedPrompts / 1e3, now);
    }

    /** Which bands may be served at one moment; the pool is looked at only when somebody asks. */
    private final class Gate {
        private final long now;
        private boolean looked;
        private boolean idle;
        private double full = Double.NaN;
        private int[] priorities = {};
        private double[] limits = {};

        Gate(long now) {
            this.now = now;
        }

        private void look() {
            if (looked) {
                return;
            }
            looked = true;
            idle = granted == 0 && pool.inFlight() == 0;
            full = saturation.of(pool, granted, grantedPrompts / 1e3, now);
            if (!Double.isNaN(full)) {
                priorities = queue.priorities();
                limits = ceilings.of(full, priorities);
            }
        }

        double saturation() {
            look();
            return full;
        }

        /** Of a band that may not be known yet. */
        double ceiling(int priority) {
            look();
            if (Double.isNaN(full)) {
                return Double.NaN;
            }
            for (int i = 0; i < priorities.length; i++) {
                if (priorities[i] == priority) {
                    return limits[i];
                }
            }
            int[] more = Arrays.copyOf(priorities, priorities.length + 1);
            int place = priorities.length;
            while (place > 0 && more[place - 1] < priority) {
                more[place] = more[place - 1];
                place--;
            }
            more[place] = priority;
            return ceilings.of(full, more)[place];
        }

        boolean open(int priority) {
            look();
            return idle || Double.isNaN(full) || full < ceiling(priority);
        }
    }
}
