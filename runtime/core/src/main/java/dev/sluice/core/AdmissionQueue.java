package dev.sluice.core;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The one queue in which requests wait for room. Bounded by count and by bytes; every ticket has a deadline; a ticket
 * leaves in constant time wherever it stands. Orders are pluggable. Not thread-safe, like all of core.
 */
public final class AdmissionQueue {
    private final Bounds bounds;
    private final Order order;
    private int count;
    private long bytes;

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
        BYTES
    }

    /** One request that waits. The caller may extend it with what it needs to be woken. */
    public static class Ticket {
        final long bytes;
        final long deadline;
        final int priority;
        boolean queued;

        @Nullable
        Ticket before;

        @Nullable
        Ticket after;

        /**
         * A request about to wait.
         *
         * @param bytes of its body
         * @param deadline when it gives up, ns
         * @param priority higher goes first in orders that care
         */
        public Ticket(long bytes, long deadline, int priority) {
            this.bytes = bytes;
            this.deadline = deadline;
            this.priority = priority;
        }

        /** True while it waits. */
        public boolean queued() {
            return queued;
        }
    }

    /** In what order tickets leave. Insertion and removal take constant time, or close to it. */
    public interface Order {
        /** Takes a ticket in. */
        void add(Ticket ticket);

        /** Takes a ticket out, wherever it stands. */
        void remove(Ticket ticket);

        /** The ticket that is next; null when none waits. */
        @Nullable
        Ticket head();

        /** All tickets, in order. For expiry and reports. */
        List<Ticket> all();
    }

    /** A queue. */
    public AdmissionQueue(Bounds bounds, Order order) {
        this.bounds = bounds;
        this.order = order;
    }

    /** A queue that is first in, first out. */
    public static AdmissionQueue fifo(Bounds bounds) {
        return new AdmissionQueue(bounds, new Fifo());
    }

    /** A queue from which higher priorities leave first; within one, first in, first out. */
    public static AdmissionQueue byPriority(Bounds bounds) {
        return new AdmissionQueue(bounds, new Bands());
    }

    /** Lets a ticket wait, or says why it can't. */
    public Optional<Full> offer(Ticket ticket) {
        if (ticket.queued) {
            throw new IllegalStateException("ticket waits already");
        }
        if (count >= bounds.count()) {
            return Optional.of(Full.COUNT);
        }
        if (bytes + ticket.bytes > bounds.bytes()) {
            return Optional.of(Full.BYTES);
        }
        ticket.queued = true;
        count++;
        bytes += ticket.bytes;
        order.add(ticket);
        return Optional.empty();
    }

    /** The ticket that is next leaves the queue; empty when none waits. */
    public Optional<Ticket> poll() {
        Ticket head = order.head();
        if (head == null) {
            return Optional.empty();
        }
        remove(head);
        return Optional.of(head);
    }

    /** A ticket leaves: its client has gone, or it was served another way. False when it did not wait. */
    public boolean remove(Ticket ticket) {
        if (!ticket.queued) {
            return false;
        }
        ticket.queued = false;
        count--;
        bytes -= ticket.bytes;
        order.remove(ticket);
        return true;
    }

    /** Removes and returns the tickets whose deadline has passed. */
    public List<Ticket> expire(long now) {
        List<Ticket> late = new ArrayList<>();
        for (Ticket ticket : order.all()) {
            if (now >= ticket.deadline) {
                late.add(ticket);
            }
        }
        late.forEach(this::remove);
        return late;
    }

    /** How many wait. */
    public int size() {
        return count;
    }

    /** Bytes of the bodies that wait. */
    public long bytes() {
        return bytes;
    }

    /** First in, first out: a doubly linked list through the tickets themselves. */
    static final class Fifo implements Order {
        private @Nullable Ticket first;
        private @Nullable Ticket last;

        @Override
        public void add(Ticket ticket) {
            ticket.before = last;
            ticket.after = null;
            if (last == null) {
                first = ticket;
            } else {
                last.after = ticket;
            }
            last = ticket;
        }

        @Override
        public void remove(Ticket ticket) {
            if (ticket.before == null) {
                first = ticket.after;
            } else {
                ticket.before.after = ticket.after;
            }
            if (ticket.after == null) {
                last = ticket.before;
            } else {
                ticket.after.before = ticket.before;
            }
            ticket.before = null;
            ticket.after = null;
        }

        @Override
        public @Nullable Ticket head() {
            return first;
        }

        @Override
        public List<Ticket> all() {
            List<Ticket> tickets = new ArrayList<>();
            for (Ticket t = first; t != null; t = t.after) {
                tickets.add(t);
            }
            return tickets;
        }
    }
}
