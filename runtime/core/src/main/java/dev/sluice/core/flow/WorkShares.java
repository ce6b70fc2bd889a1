package dev.sluice.core.flow;

import java.time.Duration;
import java.util.Comparator;
import org.jspecify.annotations.Nullable;

/**
 * Shares by weight, in predicted time of engines: start-time fair queueing (Goyal, Vin, Cheng, "Start-time Fair Queuing: A
 * Scheduling Algorithm for Integrated Services Packet Switching Networks", SIGCOMM 1996), with a request's predicted work in the place
 * of a packet's length. The flow with the least start tag is next. When one of its requests leaves, virtual time becomes that tag, and
 * the tag grows by the request's work over the flow's weight. A flow that comes back starts at its own tag, or at virtual time less what it
 * may have saved up, whichever is later: it can't get rid of what it had by being away for a moment. When nobody waits any more, all is
 * forgiven: as long as there is room for everybody, nobody takes anything from anybody.
 *
 * <p><b>Why a flow may save up.</b> Without it a tenant is served as by engines of its own of the size of its share, and two requests
 * that come close together wait for each other, as if there were no other engines. A tenant that asks for four fifths of its share in no
 * order then waits for several requests' time. With a little saved up, what comes in a burst goes at once, as long as it is within the
 * share over some time. A completely fair scheduler does the same for who has slept (Linux, {@code place_entity}).
 *
 * <p><b>Why requests carry no tags.</b> A request's tags depend on those before it in its flow alone, and the first one's is the flow's.
 * So one number per flow is enough: a request that is cancelled leaves in constant time and nothing has to be computed anew.
 *
 * <p><b>Bound</b> (the paper's theorem 1): over any time in which two flows f and g both wait, their work over their weights
 * differs by at most {@code max(f)/w(f) + max(g)/w(g)}, where max is the most work of a single request, and by what may be saved up. It needs no speed to be known: it
 * holds whether engines come, go, or slow down.
 *
 * <p><b>Predictions are amended.</b> When a request has ended, its flow's tag moves by what it really took beyond what was predicted
 * (as the counters of Sheng et al., "Fairness in Serving Large Language Models", OSDI 2024, grow with tokens as they come), so that a
 * tenant whose answers are longer than the pool's are does not get more than its share for long.
 */
final class WorkShares implements Fairness {
    private final PlacedHeap<Flow> waiting = new PlacedHeap<>(
            Comparator.<Flow>comparingDouble(f -> f.start).thenComparingLong(f -> f.since),
            new OneForAll.WaitingPlace());
    /** Those that have nothing waiting, and whose tag is ahead of virtual time. */
    private final PlacedHeap<Flow> owing = new PlacedHeap<>(
            Comparator.<Flow>comparingDouble(f -> f.start).thenComparingLong(f -> f.since), new OwingPlace());

    /** us of work over weight. */
    private final double saved;

    private double virtual;

    WorkShares(Duration saved) {
        this.saved = saved.toNanos() / 1e3;
    }

    @Override
    public void waiting(Flow flow, long now) {
        if (owing.has(flow)) {
            owing.remove(flow);
        }
        flow.start = Math.max(flow.start, virtual - saved);
        waiting.add(flow);
    }

    @Override
    public void idle(Flow flow, long now) {
        waiting.remove(flow);
        if (waiting.isEmpty()) {
            clear();
        } else if (flow.start > virtual - saved) {
            owing.add(flow);
        }
    }

    private void clear() {
        Flow first = owing.first();
        while (first != null) {
            first.start = 0;
            owing.remove(first);
            first.band.forget(first);
            first = owing.first();
        }
        virtual = 0;
    }

    @Override
    public @Nullable Flow next(long now) {
        return waiting.first();
    }

    @Override
    public void served(Flow flow, Ticket ticket, long now) {
        virtual = Math.max(virtual, flow.start);
        flow.start += ticket.work / ticket.share.weight();
        waiting.moved(flow);
        Flow paid = owing.first();
        while (paid != null && paid.start <= virtual - saved) {
            owing.remove(paid);
            paid.band.forget(paid);
            paid = owing.first();
        }
    }

    /** Moves the tag of a flow that waits or owes; of others nothing is remembered. */
    @Override
    public void amend(Flow flow, double more) {
        if (waiting.has(flow)) {
            flow.start = Math.max(0, flow.start + more / flow.weight);
            waiting.moved(flow);
        } else if (owing.has(flow)) {
            flow.start = Math.max(0, flow.start + more / flow.weight);
            owing.moved(flow);
        }
    }

    @Override
    public double ahead(Band band, @Nullable Flow flow, double weight, long work) {
        boolean among = flow != null && flow.count > 0;
        double mine = flow == null ? 0 : flow.work + Math.max(0, flow.start - virtual) * weight;
        double all = band.weights + (among ? 0 : weight);
        return Math.min((double) band.work, mine * all / weight);
    }

    @Override
    public boolean remembers(Flow flow) {
        return owing.has(flow);
    }

    @Override
    public boolean forgetful() {
        return owing.isEmpty();
    }

    private static final class OwingPlace implements PlacedHeap.Place<Flow> {
        @Override
        public int get(Flow flow) {
            return flow.owingPlace;
        }

        @Override
        public void set(Flow flow, int place) {
            flow.owingPlace = place;
        }
    }
}
