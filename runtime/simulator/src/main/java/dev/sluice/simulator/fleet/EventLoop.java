package dev.sluice.simulator.fleet;

import java.util.PriorityQueue;
import java.util.SplittableRandom;

/** Virtual time: events in the order of their times, those of one time in an order that the seed decides. */
public final class EventLoop {
    private final PriorityQueue<Event> events = new PriorityQueue<>();
    private final SplittableRandom ties;
    private long now;
    private long count;
    private long trace = 0xCBF29CE484222325L;

    private record Event(long at, long tie, long order, Runnable action) implements Comparable<Event> {
        @Override
        public int compareTo(Event other) {
            int byTime = Long.compare(at, other.at);
            int byTie = byTime != 0 ? byTime : Long.compare(tie, other.tie);
            return byTie != 0 ? byTie : Long.compare(order, other.order);
        }
    }

    /** A loop at time 0. */
    public EventLoop(long seed) {
        ties = new SplittableRandom(seed);
    }

    /** Nanoseconds since the start. */
    public long now() {
        return now;
    }

    /** Plans an action; times in the past mean now. */
    public void at(long nanos, Runnable action) {
        events.add(new Event(Math.max(now, nanos), ties.nextLong(), count++, action));
    }

    /** Plans an action after a delay, in nanoseconds. */
    public void in(long delay, Runnable action) {
        at(now + Math.max(0, delay), action);
    }

    /** Runs the next event; false when there is none. */
    public boolean step() {
        Event event = events.poll();
        if (event == null) {
            return false;
        }
        now = event.at;
        event.action.run();
        return true;
    }

    /** Runs all events up to a time, and goes there. */
    public void runUntil(long nanos) {
        for (Event next = events.peek(); next != null && next.at <= nanos; next = events.peek()) {
            step();
        }
        now = Math.max(now, nanos);
    }

    /** Events that are planned. */
    public int planned() {
        return events.size();
    }

    /** Notes what happened, for {@link #traceHash}. */
    public void trace(long what, long whom) {
        trace = (trace ^ now) * 0x100000001B3L;
        trace = (trace ^ what) * 0x100000001B3L;
        trace = (trace ^ whom) * 0x100000001B3L;
    }

    /** Stands for everything that was noted, in its order and at its times. */
    public long traceHash() {
        return trace;
    }
}
