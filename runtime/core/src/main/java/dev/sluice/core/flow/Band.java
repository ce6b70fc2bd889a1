package dev.sluice.core.flow;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** All tickets of one priority, by flow. */
final class Band {
    final int priority;
    final FlowSettings.Rules rules;
    final Fairness fairness;
    int count;
    long bytes;
    /** Of all that wait, us. */
    long work;
    /** Of the flows that wait. */
    double weights;

    private final Map<String, Flow> flows = new LinkedHashMap<>();
    private final PlacedHeap<Flow> greediest = new PlacedHeap<>(
            Comparator.comparingDouble(Flow::greed).reversed().thenComparingLong(f -> f.since), new GreedPlace());

    Band(int priority, FlowSettings.Rules rules) {
        this.priority = priority;
        this.rules = rules;
        this.fairness = switch (rules.fairness()) {
            case FairnessKind.Strict _ -> new OneForAll(rules.ordering());
            case FairnessKind.RoundRobin _ -> new Turns();
            case FairnessKind.Shares shares -> new WorkShares(shares.saved());
            case FairnessKind.LeastService least -> new LeastAttained(least);
        };
    }

    @Nullable
    Flow flow(String name) {
        return flows.get(name);
    }

    Collection<Flow> flows() {
        return flows.values();
    }

    void add(Ticket ticket, long now) {
        Flow known = flows.get(ticket.share.flow());
        Flow flow = known == null
                ? new Flow(ticket.share.flow(), this, rules.ordering().create())
                : known;
        if (known == null) {
            flows.put(flow.name, flow);
        }
        double weight = ticket.share.weight();
        weights += flow.count == 0 ? weight : weight - flow.weight;
        flow.weight = weight;
        flow.order.add(ticket);
        ticket.flow = flow;
        flow.count++;
        flow.bytes += ticket.bytes;
        flow.work += ticket.work;
        count++;
        bytes += ticket.bytes;
        work += ticket.work;
        if (flow.count == 1) {
            flow.since = ticket.number;
            fairness.waiting(flow, now);
            greediest.add(flow);
        } else {
            if (ticket.equals(flow.order.first())) {
                fairness.headChanged(flow);
            }
            greediest.moved(flow);
        }
    }

    void remove(Ticket ticket, Flow flow, long now) {
        boolean head = ticket.equals(flow.order.first());
        flow.order.remove(ticket);
        ticket.flow = null;
        flow.count--;
        flow.bytes -= ticket.bytes;
        flow.work -= ticket.work;
        count--;
        bytes -= ticket.bytes;
        work -= ticket.work;
        if (flow.count == 0) {
            weights = count == 0 ? 0 : weights - flow.weight;
            greediest.remove(flow);
            fairness.idle(flow, now);
            if (!fairness.remembers(flow)) {
                forget(flow);
            }
        } else {
            greediest.moved(flow);
            if (head) {
                fairness.headChanged(flow);
            }
        }
    }

    /** Nothing of it waits, and nothing is owed. */
    void forget(Flow flow) {
        if (flow.count == 0) {
            flows.remove(flow.name);
        }
    }

    /** The ticket that is next. */
    @Nullable
    Ticket next(long now) {
        Flow flow = fairness.next(now);
        return flow == null ? null : flow.order.first();
    }

    /** The flow that has most waiting for its weight. */
    @Nullable
    Flow greediest() {
        return greediest.first();
    }

    /** Nothing waits, and nothing is to be remembered. */
    boolean empty() {
        return count == 0 && fairness.forgetful();
    }

    /** All tickets, flow by flow. */
    List<Ticket> all() {
        List<Ticket> tickets = new ArrayList<>();
        flows.values().forEach(flow -> tickets.addAll(flow.order.all()));
        return tickets;
    }

    private static final class GreedPlace implements PlacedHeap.Place<Flow> {
        @Override
        public int get(Flow flow) {
            return flow.greedPlace;
        }

        @Override
        public void set(Flow flow, int place) {
            flow.greedPlace = place;
        }
    }
}
