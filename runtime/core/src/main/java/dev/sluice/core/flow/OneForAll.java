package dev.sluice.core.flow;

import org.jspecify.annotations.Nullable;

/** The first of all tickets by the band's order, whosever it is. */
final class OneForAll implements Fairness {
    private final PlacedHeap<Flow> heads;

    OneForAll(Ordering.Kind order) {
        heads = new PlacedHeap<>((a, b) -> order.compare(head(a), head(b)), new WaitingPlace());
    }

    private static Ticket head(Flow flow) {
        Ticket head = flow.order.first();
        if (head == null) {
            throw new IllegalStateException("a flow without a ticket waits");
        }
        return head;
    }

    @Override
    public void waiting(Flow flow, long now) {
        heads.add(flow);
    }

    @Override
    public void idle(Flow flow, long now) {
        heads.remove(flow);
    }

    @Override
    public void headChanged(Flow flow) {
        heads.moved(flow);
    }

    @Override
    public @Nullable Flow next(long now) {
        return heads.first();
    }

    @Override
    public void served(Flow flow, Ticket ticket, long now) {
        // All are one: nobody is owed anything.
    }

    @Override
    public double ahead(Band band, @Nullable Flow flow, double weight, long work) {
        return band.work;
    }

    @Override
    public boolean remembers(Flow flow) {
        return false;
    }

    @Override
    public boolean forgetful() {
        return true;
    }

    /** Where a flow stands among those that wait. */
    static final class WaitingPlace implements PlacedHeap.Place<Flow> {
        @Override
        public int get(Flow flow) {
            return flow.waitingPlace;
        }

        @Override
        public void set(Flow flow, int place) {
            flow.waitingPlace = place;
        }
    }
}
