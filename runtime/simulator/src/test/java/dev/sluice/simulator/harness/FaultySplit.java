package dev.sluice.simulator.harness;

import dev.sluice.core.Leases;
import dev.sluice.core.Outcome;
import dev.sluice.core.Policy;
import dev.sluice.core.PoolSettings;
import dev.sluice.core.Usage;
import dev.sluice.simulator.fleet.EventLoop;
import dev.sluice.simulator.fleet.Exchange;
import dev.sluice.simulator.fleet.Exchange.End;
import dev.sluice.simulator.fleet.Exchange.State;
import dev.sluice.simulator.fleet.KvLeg;
import dev.sluice.simulator.fleet.KvNetwork;
import dev.sluice.simulator.fleet.SplitGateway;

/** The gateway model with two engines for a request, and at most one planted bug. */
final class FaultySplit extends SplitGateway {
    private final SplitBug bug;
    private final SplitWorld world;

    FaultySplit(
            EventLoop loop,
            PoolSettings settings,
            Limits limits,
            Policy policy,
            KvNetwork network,
            SplitBug bug,
            SplitWorld world) {
        super(loop, settings, limits, policy, network);
        this.bug = bug;
        this.world = world;
    }

    @Override
    protected void send(Exchange x) {
        world.attempted(x);
        super.send(x);
    }

    @Override
    protected KvLeg part(Exchange x) {
        KvLeg part = super.part(x);
        if (part instanceof KvLeg.Cached cached) {
            part = fetch(x, cached, x.endpoint());
        }
        if (part instanceof KvLeg.Decode decode) {
            world.handedOver(x, decode.params());
        }
        return part;
    }

    @Override
    protected KvLeg first(Exchange x, String key) {
        KvLeg part = super.first(x, key);
        return part instanceof KvLeg.Cached cached ? fetch(x, cached, "") : part;
    }

    private KvLeg.Cached fetch(Exchange x, KvLeg.Cached told, String computing) {
        KvLeg.Cached part = bug == SplitBug.FETCH_FROM_THE_DEAD
                ? new KvLeg.Cached(world.dead().orElse(told.server()), told.keep())
                : told;
        world.fetches(x, part.server(), computing);
        return part;
    }

    @Override
    protected void fetchFailed(Exchange x, String computing) {
        world.fetchFailed(x);
        if (bug != SplitBug.FETCH_AGAIN) {
            super.fetchFailed(x, computing);
        }
    }

    @Override
    protected void legFailed(Exchange x, Outcome outcome) {
        boolean begun = x.tokens() > 0;
        if (bug == SplitBug.RETRY_AFTER_BYTE && begun) {
            release(x, outcome, Usage.UNKNOWN);
            attempt(x);
        } else if (bug == SplitBug.PARAMS_TWICE
                && !begun
                && super.part(x) instanceof KvLeg.Decode
                && outcome == Outcome.FAILED) {
            world.touched(x);
            super.legFailed(x, Outcome.OVERLOADED);
        } else {
            if (outcome != Outcome.UNREACHABLE && outcome != Outcome.OVERLOADED) {
                world.touched(x);
            }
            super.legFailed(x, outcome);
        }
    }

    @Override
    protected void giveBack(Exchange x, Outcome outcome) {
        if (bug != SplitBug.PREFILL_CLAIM_KEPT || outcome != Outcome.CANCELLED) {
            super.giveBack(x, outcome);
        }
    }

    @Override
    protected void notFetched(Leases.Lease lease) {
        if (bug == SplitBug.PIN_FORGOTTEN) {
            leases().end(lease, Leases.End.RELEASED);
        } else {
            super.notFetched(lease);
        }
    }

    @Override
    public void cancel(Exchange x) {
        boolean running = x.state() == State.SENT || x.state() == State.STREAMING;
        super.cancel(x);
        if (bug == SplitBug.TWO_ENDINGS && running) {
            loop.in(1_000_000, () -> end(x, End.CANCELLED));
        }
    }

    @Override
    protected void released(String key, String decode) {
        world.released(key, decode);
    }

    @Override
    protected void end(Exchange x, End how) {
        super.end(x, how);
        world.ended(x);
    }
}
