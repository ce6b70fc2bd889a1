package dev.sluice.core.flow;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Finds tickets whose time is over: a hashed timing wheel (Varghese and Lauck, SOSP 1987, scheme 6). A ticket enters and leaves in
 * constant time; a sweep looks at the slots that have passed since the one before. A ticket stands at the earlier of its two
 * deadlines and, when that one does not count now, is looked at again in the next sweep.
 */
final class DeadlineWheel {
    private static final int SLOTS = 512;
    /** 2^26 ns, 67 ms; a turn takes 34 s. */
    private static final int SLOT_BITS = 26;

    private final @Nullable Ticket[] heads = new @Nullable Ticket[SLOTS];
    private long swept = Long.MIN_VALUE;
    private int size;

    void add(Ticket ticket) {
        place(ticket, Math.min(ticket.times.deadline(), ticket.times.withoutEndpoint()) >> SLOT_BITS);
        size++;
    }

    private void place(Ticket ticket, long at) {
        int slot = (int) (Math.max(at, swept) & (SLOTS - 1));
        Ticket head = heads[slot];
        ticket.wheelSlot = slot;
        ticket.wheelBefore = null;
        ticket.wheelAfter = head;
        if (head != null) {
            head.wheelBefore = ticket;
        }
        heads[slot] = ticket;
    }

    void remove(Ticket ticket) {
        unlink(ticket);
        size--;
    }

    private void unlink(Ticket ticket) {
        if (ticket.wheelBefore == null) {
            heads[ticket.wheelSlot] = ticket.wheelAfter;
        } else {
            ticket.wheelBefore.wheelAfter = ticket.wheelAfter;
        }
        if (ticket.wheelAfter != null) {
            ticket.wheelAfter.wheelBefore = ticket.wheelBefore;
        }
        ticket.wheelBefore = null;
        ticket.wheelAfter = null;
        ticket.wheelSlot = -1;
    }

    /**
     * Those whose time is over, in the order of their arrival. They stay until they are removed.
     *
     * @param serving whether some endpoint is in service, which says which of its deadlines counts
     */
    List<Ticket> late(long now, boolean serving) {
        long current = now >> SLOT_BITS;
        if (size == 0) {
            swept = Math.max(swept, current);
            return List.of();
        }
        long from = swept == Long.MIN_VALUE || current - swept >= SLOTS ? current - SLOTS + 1 : swept;
        swept = Math.max(swept, current);
        List<Ticket> late = new ArrayList<>();
        for (long slot = from; slot <= current; slot++) {
            sweep((int) (slot & (SLOTS - 1)), now, serving, late);
        }
        late.sort((a, b) -> Long.compare(a.number, b.number));
        return late;
    }

    private void sweep(int slot, long now, boolean serving, List<Ticket> late) {
        Ticket next = heads[slot];
        while (next != null) {
            Ticket ticket = next;
            next = ticket.wheelAfter;
            long deadline = ticket.deadline(serving);
            if (now >= deadline) {
                late.add(ticket);
            } else if (now >= Math.min(ticket.times.deadline(), ticket.times.withoutEndpoint())) {
                // The other one is over, and may count at any moment: it stays in sight.
                unlink(ticket);
                place(ticket, swept);
            }
        }
    }
}
