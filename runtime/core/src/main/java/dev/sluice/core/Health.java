package dev.sluice.core;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

/** Which endpoints of a pool are in service: what probes and answers say, and for how long a failing one stays out. */
final class Health {
    private static final int EJECTION_FACTOR_MAX = 30;

    private final PoolSettings settings;
    /** All that are listed; a view that changes with the pool. */
    private final Collection<EndpointState> endpoints;

    Health(PoolSettings settings, Collection<EndpointState> endpoints) {
        this.settings = settings;
        this.endpoints = endpoints;
    }

    /** True when it came into service by this: it may be another process than before. */
    boolean probeSucceeded(EndpointState state, long now) {
        state.probeOut = false;
        boolean sentence = state.status == EndpointStatus.EJECTED && now < state.ejectedUntil;
        if (sentence || (state.status != EndpointStatus.PROBING && state.status != EndpointStatus.EJECTED)) {
            return false;
        }
        boolean first = state.dispatched == 0 && state.ejections == 0;
        state.consecutiveFailures = 0;
        start(state, first ? "answered" : "answered again", first, now);
        return true;
    }

    private void start(EndpointState state, String why, boolean first, long now) {
        boolean warm =
                settings.slowStart().isZero() || (first && endpoints.stream().allMatch(s -> s.dispatched == 0));
        if (warm) {
            state.become(EndpointStatus.READY, why, now);
        } else {
            state.slowStartUntil = now + settings.slowStart().toNanos();
            state.become(EndpointStatus.SLOW_START, why + ", warming up", now);
        }
    }

    void probeFailed(EndpointState state, String reason, long now) {
        state.probeOut = false;
        switch (state.status) {
            case PROBING -> state.become(EndpointStatus.PROBING, reason, now);
            case EJECTED -> eject(state, reason, now);
            case READY, SLOW_START -> {
                if (othersReady(state)) {
                    eject(state, reason, now);
                }
            }
            case DRAINING, GONE -> {}
        }
    }

    List<String> dueProbes(long now) {
        List<String> due = new ArrayList<>();
        for (EndpointState state : endpoints) {
            boolean wants = state.status == EndpointStatus.PROBING
                    || (state.status == EndpointStatus.EJECTED && now >= state.ejectedUntil);
            if (wants && !state.probeOut) {
                state.probeOut = true;
                due.add(state.endpoint.id());
            }
        }
        return due;
    }

    /** A leg ended. */
    void ended(EndpointState state, Outcome outcome, long now) {
        if (!outcome.blamesEndpoint()) {
            if (outcome == Outcome.COMPLETED) {
                state.consecutiveFailures = 0;
            }
            return;
        }
        state.consecutiveFailures += outcome == Outcome.UNREACHABLE ? 2 : 1;
        if (state.serving() && state.consecutiveFailures >= settings.ejectAfter() && othersReady(state)) {
            eject(state, state.consecutiveFailures + " failures in a row, the last one: " + words(outcome), now);
        }
    }

    private static String words(Outcome outcome) {
        return switch (outcome) {
            case UNREACHABLE -> "no connection";
            case TIMED_OUT -> "time limit";
            default -> "answer failed";
        };
    }

    /** Whether others can do what it does: the last that can serve requests to their end is not taken out. */
    private boolean othersReady(EndpointState except) {
        for (EndpointState state : endpoints) {
            boolean instead = state.decodes() || !except.decodes();
            if (state != except && instead && state.serving() && state.consecutiveFailures < settings.ejectAfter()) {
                return true;
            }
        }
        return false;
    }

    private void eject(EndpointState state, String reason, long now) {
        state.ejections = Math.min(state.ejections + 1, 16);
        long factor = Math.min(EJECTION_FACTOR_MAX, 1L << (state.ejections - 1));
        state.ejectedUntil = now + settings.ejection().toNanos() * factor;
        state.become(EndpointStatus.EJECTED, reason, now);
    }

    void tick(long now) {
        long calm = settings.ejection().toNanos() * EJECTION_FACTOR_MAX;
        for (EndpointState state : endpoints) {
            state.warmUp(now);
            if (state.ejections > 0 && state.status == EndpointStatus.READY && now - state.since > calm) {
                state.ejections = 0;
            }
        }
    }
}
