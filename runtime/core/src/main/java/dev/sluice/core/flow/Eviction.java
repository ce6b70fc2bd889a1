package dev.sluice.core.flow;

import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import java.util.function.Predicate;

/**
 * Which requests that run are taken back for one that waits, how many, and when again: llm-d's {@code enableEviction}, with its
 * {@code sheddable-eviction-filter} (only priorities below 0) and {@code priority-then-time-eviction-order-policy} (the lowest priority
 * first, of those the one that was dispatched last: it loses least work). Source of the formula: {@code endpoint-picker.md} 7.
 *
 * <pre>
 *     credit = S / requests in flight                        what one victim is thought to free
 *     n      = ceil((S - ceiling - pending * credit) / credit), 1 at least, 2 at most
 * </pre>
 *
 * <p>Where it is the endpoints' own limits that are met, which the gateway's ledger says and no detector, every victim makes one place:
 * as many are wanted as requests of priority 0 and above wait, less those that are pending, and again 2 at most.
 *
 * <p><b>Pending</b> are victims whose end can't be seen in the saturation yet: those that have not ended, for {@value #CONFIRM_S} s at
 * most, and those that have, for a grace as long as the detector lags behind. While what is pending is enough nobody is chosen. That is
 * what keeps a slow detector from emptying a pool: it goes on saying "full" for a while after the first victim has gone.
 *
 * <p>Pure: told of what runs and of the time. A request is chosen once. Choosing costs O(log n) a victim with n that run.
 */
public final class Eviction {
    /** Victims of one round, at most. */
    public static final int MOST = 2;
    /** Rounds are so far apart at least, ns. */
    public static final long BETWEEN_NS = 10_000_000L;
    /** The grace where saturation is read off the gateway's own ledger, ns. */
    public static final long LEDGER_GRACE_NS = 10_000_000L;
    /** The grace with a detector of which nothing is known, ns. */
    public static final long GRACE_NS = 500_000_000L;

    private static final long CONFIRM_S = 10;
    /** A victim that has not ended by then is not waited for any longer, ns. */
    public static final long CONFIRM_NS = CONFIRM_S * 1_000_000_000L;

    private final TreeSet<Running> candidates = new TreeSet<>((a, b) ->
            a.priority == b.priority ? Long.compare(b.number, a.number) : Integer.compare(a.priority, b.priority));
    private final List<Running> pending = new ArrayList<>();
    private Rules rules;
    private long numbers;
    private boolean begun;
    private long last;

    /**
     * Whether it is done, and how.
     *
     * @param graceNanos how long the end of a victim takes to show in the saturation, ns
     */
    public record Rules(boolean on, long graceNanos) {
        /** It is not done. */
        public static final Rules OFF = new Rules(false, GRACE_NS);
    }

    /**
     * What is wanted.
     *
     * @param priority of the request that waits; below 0 nobody is taken back for it
     * @param saturation of the pool
     * @param ceiling that it must be below so that the request may go on
     * @param inFlight requests that engines have
     * @param places that are wanted, where the endpoints' own limits are met; 0 where it is the saturation
     */
    public record Need(int priority, double saturation, double ceiling, int inFlight, int places) {
        /** A pool whose endpoints have as many requests as they may have. */
        public static Need of(int priority, int places) {
            return new Need(priority, Double.NaN, Double.NaN, 0, places);
        }

        /** A pool whose saturation has reached the ceiling of the band that waits. */
        public static Need of(int priority, double saturation, double ceiling, int inFlight) {
            return new Need(priority, saturation, ceiling, inFlight, 0);
        }

        /** How many victims there should be now; 0 when those that are pending are enough. */
        private int victims(int pending) {
            if (priority < 0) {
                return 0;
            }
            if (places > 0) {
                return Math.clamp((long) places - pending, 0, MOST);
            }
            double credit = saturation / Math.max(1, inFlight);
            double lacks = saturation - ceiling - pending * credit;
            // A band whose ceiling is 0 is shut, whatever ends. NaN says nothing.
            return ceiling > 0 && lacks >= 0 ? (int) Math.clamp(Math.ceil(lacks / credit), 1, MOST) : 0;
        }
    }

    /** One pool's. */
    public Eviction(Rules rules) {
        this.rules = rules;
    }

    /** Other rules hold from now on. */
    public void configure(Rules next) {
        rules = next;
    }

    /** Whether anybody may be taken back. */
    public boolean on() {
        return rules.on();
    }

    /** A request has been sent to an engine. Those of priority 0 and above are nobody's victims, and are not kept. */
    public void began(Running request) {
        if (request.priority < 0 && request.state == Running.State.NEW) {
            request.state = Running.State.RUNS;
            request.number = numbers++;
            candidates.add(request);
        }
    }

    /** A request has ended, for whatever reason. */
    public void ended(Running request, long now) {
        if (request.state == Running.State.RUNS) {
            candidates.remove(request);
        } else if (request.state == Running.State.CHOSEN) {
            request.until = now + request.grace;
        }
        request.state = Running.State.ENDED;
    }

    /**
     * Who is to be taken back now.
     *
     * @param helps whether a victim's place would be of use; one on an endpoint that takes no more requests is not chosen
     * @return the first to go first; empty when nobody is
     */
    public List<Running> round(Need need, Predicate<Running> helps, long now) {
        pending.removeIf(chosen -> chosen.until - now <= 0);
        boolean soon = begun && now - last < BETWEEN_NS;
        if (!rules.on() || soon || candidates.isEmpty()) {
            return List.of();
        }
        int most = need.victims(pending.size());
        if (most == 0) {
            return List.of();
        }
        List<Running> chosen = new ArrayList<>(most);
        for (Running candidate : candidates) {
            if (chosen.size() == most) {
                break;
            }
            if (helps.test(candidate)) {
                chosen.add(candidate);
            }
        }
        for (Running victim : chosen) {
            candidates.remove(victim);
            victim.state = Running.State.CHOSEN;
            victim.until = now + CONFIRM_NS;
            victim.grace = need.places() > 0 ? LEDGER_GRACE_NS : rules.graceNanos();
            pending.add(victim);
        }
        if (!chosen.isEmpty()) {
            begun = true;
            last = now;
        }
        return chosen;
    }

    /** Victims whose end does not show in the saturation yet. */
    public int pending() {
        return pending.size();
    }

    /** Requests that may be chosen. */
    public int candidates() {
        return candidates.size();
    }
}
