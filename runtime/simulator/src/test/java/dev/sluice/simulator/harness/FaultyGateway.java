package dev.sluice.simulator.harness;

import dev.sluice.core.Charge;
import dev.sluice.core.Decision;
import dev.sluice.core.Outcome;
import dev.sluice.core.Policy;
import dev.sluice.core.PoolSettings;
import dev.sluice.core.Sabotage;
import dev.sluice.core.Usage;
import dev.sluice.simulator.fleet.EventLoop;
import dev.sluice.simulator.fleet.Exchange;
import dev.sluice.simulator.fleet.Exchange.End;
import dev.sluice.simulator.fleet.Exchange.State;
import dev.sluice.simulator.fleet.Leg;
import dev.sluice.simulator.fleet.VirtualGateway;
import java.util.LinkedHashSet;
import java.util.Set;

/** The gateway model with slow readers, tenants' endpoint rules, and at most one planted bug. */
final class FaultyGateway extends VirtualGateway {
    private final Bug bug;
    private final World world;

    FaultyGateway(EventLoop loop, PoolSettings settings, Limits limits, Policy policy, Bug bug, World world) {
        super(loop, settings, limits, policy);
        this.bug = bug;
        this.world = world;
    }

    private boolean has(Bug other) {
        return bug == other;
    }

    @Override
    protected Set<String> allowed(Exchange x) {
        return world.allowed(x);
    }

    @Override
    protected boolean charge(Exchange x, Decision decision) {
        Decision used = decision;
        if (has(Bug.OUTSIDE_CANDIDATES)) {
            int last = decision.placement().snapshot().size() - 1;
            used = new Decision(
                    decision.policy(), decision.placement(), new int[] {last}, decision.refusal(), decision.fallback());
        }
        if (has(Bug.IDENTITY_ORDER) && new Object().hashCode() % 7 == 0) {
            loop.trace(99, 0);
        }
        boolean charged = super.charge(x, used);
        Charge charge = x.charge();
        if (charged && charge != null) {
            world.charged(x, decision, charge);
        }
        return charged;
    }

    @Override
    protected void forget(int slot) {
        if (!has(Bug.INDEX_KEPT)) {
            super.forget(slot);
        }
    }

    @Override
    protected void freed() {
        if (has(Bug.STALE_SLOT)) {
            Sabotage.freeSlotsEarly(pool);
        }
        super.freed();
    }

    @Override
    protected void leaveQueue(Exchange x) {
        if (has(Bug.TICKET_KEPT)) {
            return;
        }
        super.leaveQueue(x);
        if (has(Bug.QUEUE_BYTES_KEPT)) {
            Sabotage.addBytes(queue, x.bytes());
        }
    }

    @Override
    protected void pump() {
        if (!has(Bug.LOST_WAKE_UP)) {
            super.pump();
        }
    }

    @Override
    protected void watch(Exchange x, Leg leg, long limit) {
        if (!has(Bug.NO_TIME_LIMIT)) {
            super.watch(x, leg, limit);
        }
    }

    @Override
    protected boolean mayRetry(Exchange x, Outcome outcome) {
        return has(Bug.ENDLESS_ATTEMPTS) || super.mayRetry(x, outcome);
    }

    @Override
    protected void legFailed(Exchange x, Outcome outcome) {
        boolean begun = x.tokens() > 0;
        world.legFailed(x, outcome);
        if (has(Bug.RETRY_AFTER_BYTE) && begun) {
            release(x, outcome, Usage.UNKNOWN);
            attempt(x);
        } else if (has(Bug.CUT_LOOKS_COMPLETE) && begun) {
            release(x, outcome, Usage.UNKNOWN);
            end(x, End.COMPLETED);
        } else if (has(Bug.CLAIM_KEPT_ON_RETRY) && !begun && mayRetry(x, outcome)) {
            x.tried().add(x.endpoint());
            attempt(x);
        } else {
            Set<String> before = new LinkedHashSet<>(x.tried());
            super.legFailed(x, outcome);
            if (has(Bug.TRIED_AGAIN)) {
                x.tried().retainAll(before);
            }
        }
    }

    @Override
    public void cancel(Exchange x) {
        boolean running = x.state() == State.SENT || x.state() == State.STREAMING;
        super.cancel(x);
        if (has(Bug.TWO_ENDINGS) && running) {
            loop.in(1_000_000, () -> end(x, End.CANCELLED));
        }
    }

    @Override
    protected void release(Exchange x, Outcome outcome, Usage usage) {
        Charge charge = x.charge();
        if (has(Bug.CLAIM_KEPT_ON_CANCEL) && outcome == Outcome.CANCELLED) {
            return;
        }
        super.release(x, outcome, usage);
        if (has(Bug.DOUBLE_RELEASE) && charge != null && outcome == Outcome.CANCELLED) {
            Sabotage.unrelease(charge);
            pool.settle(charge, outcome, usage, 0, 0, loop.now());
        }
    }

    @Override
    protected void deliver(Exchange x) {
        long slow = world.readingTime(x);
        if (slow == 0) {
            super.deliver(x);
        } else {
            loop.in(slow, () -> {
                if (x.state() == State.DELIVERING) {
                    super.deliver(x);
                }
            });
        }
    }

    @Override
    protected void end(Exchange x, End how) {
        super.end(x, how);
        world.ended(x);
    }
}
