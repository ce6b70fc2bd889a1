package dev.sluice.core.flow;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** In what order the tickets of one flow, or of one band, leave. */
public sealed interface Ordering {
    /** How tickets are put in order. */
    enum Kind {
        /** First come, first served: constant time. */
        FIFO,
        /** Earliest deadline first: the time at which it gives up. Liu and Layland, 1973. */
        DEADLINE,
        /** The one first whose first token is due first; those without an objective last, in order of arrival. */
        DUE;

        Ordering create() {
            return switch (this) {
                case FIFO -> new Fifo();
                case DEADLINE -> new Sorted(Comparator.comparingLong(t -> t.times.deadline()));
                case DUE -> new Sorted(Comparator.comparingLong(t -> t.times.due()));
            };
        }

        /** What tickets are ordered by; less goes first. Ties go by arrival. */
        int compare(Ticket a, Ticket b) {
            int byTime = switch (this) {
                case FIFO -> 0;
                case DEADLINE -> Long.compare(a.times.deadline(), b.times.deadline());
                case DUE -> Long.compare(a.times.due(), b.times.due());
            };
            return byTime != 0 ? byTime : Long.compare(a.number, b.number);
        }
    }

    /** Takes a ticket in. */
    void add(Ticket ticket);

    /** Takes a ticket out, wherever it stands. */
    void remove(Ticket ticket);

    /** The one that leaves first. */
    @Nullable
    Ticket first();

    /** The one that leaves last. */
    @Nullable
    Ticket last();

    /** The one that leaves before this one; null for the first. */
    @Nullable
    Ticket before(Ticket ticket);

    /** All, in order. */
    List<Ticket> all();

    /** First come, first served: a doubly linked list through the tickets themselves. */
    final class Fifo implements Ordering {
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
        public @Nullable Ticket first() {
            return first;
        }

        @Override
        public @Nullable Ticket last() {
            return last;
        }

        @Override
        public @Nullable Ticket before(Ticket ticket) {
            return ticket.before;
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

    /** By a time of the tickets, ties by arrival: a balanced tree. */
    final class Sorted implements Ordering {
        private final TreeSet<Ticket> tickets;

        private Sorted(Comparator<Ticket> order) {
            tickets = new TreeSet<>(order.thenComparingLong(t -> t.number));
        }

        @Override
        public void add(Ticket ticket) {
            tickets.add(ticket);
        }

        @Override
        public void remove(Ticket ticket) {
            tickets.remove(ticket);
        }

        @Override
        public @Nullable Ticket first() {
            return tickets.isEmpty() ? null : tickets.first();
        }

        @Override
        public @Nullable Ticket last() {
            return tickets.isEmpty() ? null : tickets.last();
        }

        @Override
        public @Nullable Ticket before(Ticket ticket) {
            return tickets.lower(ticket);
        }

        @Override
        public List<Ticket> all() {
            return new ArrayList<>(tickets);
        }
    }
}
