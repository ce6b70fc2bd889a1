package dev.sluice.simulator.harness;

import dev.sluice.core.Policy;
import dev.sluice.core.PoolSettings;
import dev.sluice.core.Sabotage;
import dev.sluice.core.Work;
import dev.sluice.core.flow.Ticket;
import dev.sluice.simulator.fleet.EventLoop;
import dev.sluice.simulator.fleet.Exchange;
import dev.sluice.simulator.fleet.Exchange.End;
import dev.sluice.simulator.fleet.VirtualGateway;
import java.util.List;

/** The gateway model with tenants, and at most one planted bug. */
final class FlowGateway extends VirtualGateway {
    private final FlowBug bug;
    private final FlowWorld world;

    FlowGateway(EventLoop loop, PoolSettings settings, Limits limits, Policy policy, FlowBug bug, FlowWorld world) {
        super(loop, settings, limits, policy);
        this.bug = bug;
        this.world = world;
    }

    private boolean has(FlowBug other) {
        return bug == other;
    }

    @Override
    protected Place place(Exchange x, long deadline) {
        FlowWorld.Tenant tenant = world.tenant(x);
        int priority = has(FlowBug.PRIORITY_IGNORED) ? 0 : tenant.priority();
        double weight = has(FlowBug.WEIGHT_IGNORED) ? 1 : tenant.weight();
        long until = world.deadline(x, deadline);
        return new Place(
                x, priority, new Ticket.Times(until, until, Long.MAX_VALUE), new Ticket.Share(tenant.name(), weight));
    }

    @Override
    protected void predict(Place place, Work work) {
        super.predict(place, work);
        world.asks(place.exchange(), place.workMs());
        if (has(FlowBug.COUNTS_REQUESTS)) {
            place.work(100, 100);
        }
    }

    @Override
    protected void granted(Place place) {
        world.leaves(place.exchange());
        super.granted(place);
        if (has(FlowBug.ROOM_KEPT) && place.exchange().number() % 7 == 3) {
            flow.enter(new Ticket(0, loop.now(), 1000), false, pushed -> {}, loop.now());
        }
    }

    @Override
    protected void pump() {
        if (!has(FlowBug.LOST_WAKE_UP) || queue.size() % 3 == 0) {
            super.pump();
        }
    }

    @Override
    protected void pushedOut(Ticket ticket) {
        if (!has(FlowBug.PUSHED_OUT_IN_SILENCE)) {
            super.pushedOut(ticket);
        }
    }

    @Override
    protected List<Ticket> late() {
        return has(FlowBug.LATE_STAYS) ? List.of() : super.late();
    }

    @Override
    protected void leaveQueue(Exchange x) {
        super.leaveQueue(x);
        if (has(FlowBug.BYTES_KEPT)) {
            Sabotage.addBytes(queue, x.bytes());
        }
    }

    @Override
    protected void end(Exchange x, End how) {
        super.end(x, how);
        world.ended(x, how);
    }
}
