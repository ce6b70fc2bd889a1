package dev.sluice.core;

import dev.sluice.core.discovery.Standing;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Whether endpoints are in service. Failures in a row eject one, for a time that doubles with every further ejection; then
 * one probe, half open, decides whether it comes back. A probe asks for little: an engine may answer it and still fail every
 * request. So who comes back is on probation, and its first failure ejects it again. The last healthy endpoint of a pool
 * that can serve a request to its end is never ejected.
 */
final class Lifecycle {
    private static final int EJECTION_FACTOR_MAX = 30;
    private static final int EJECTIONS_COUNTED = 16;
    /** Of one that is ready where it was found, until its first probe. */
    static final String UNASKED = "ready, not yet asked which models it serves";

    private final Map<String, EndpointState> endpoints;
    private PoolSettings settings;

    Lifecycle(Map<String, EndpointState> endpoints, PoolSettings settings) {
        this.endpoints = endpoints;
        this.settings = settings;
    }

    void configure(PoolSettings next) {
        settings = next;
    }

    /** True when it came into service by this: it may be another process than before. */
    boolean probeSucceeded(EndpointState state, List<String> models, long now) {
        state.models = List.copyOf(models);
        state.probeOut = false;
        if (state.standing == Standing.HELD) {
            state.become(EndpointStatus.PROBING, state.said, now);
            return false;
        }
        boolean sentence = state.status == EndpointStatus.EJECTED && now < state.ejectedUntil;
        if (sentence || (state.status != EndpointStatus.PROBING && state.status != EndpointStatus.EJECTED)) {
            return false;
        }
        boolean first = state.dispatched == 0 && state.ejections == 0;
        boolean failed = state.consecutiveFailures >= settings.ejectAfter();
        state.consecutiveFailures = failed ? settings.ejectAfter() - 1 : 0;
        start(state, first ? "answered" : "answered again", first, now);
        return true;
    }

    private void start(EndpointState state, String why, boolean first, long now) {
        boolean warm = settings.slowStart().isZero()
                || (first && endpoints.values().stream().allMatch(s -> s.dispatched == 0));
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
            case PROBING ->
                state.become(EndpointStatus.PROBING, state.standing == Standing.HELD ? state.said : reason, now);
            case EJECTED -> eject(state, reason, now);
            case READY, SLOW_START -> {
                if (othersReady(state)) {
                    eject(state, reason, now);
                }
            }
            case DRAINING, GONE -> {}
        }
    }

    /** What is said of an endpoint where it was found: what it serves is asked when it may get requests, not before. */
    void standing(EndpointState state, Standing next, String reason, long now) {
        boolean was = state.standing != next;
        state.standing = next;
        state.said = reason;
        switch (next) {
            case IN -> {
                if (was) {
                    state.probeOut = false;
                    state.become(EndpointStatus.PROBING, UNASKED, now);
                }
            }
            case HELD -> state.become(EndpointStatus.PROBING, reason, now);
            case DRAINING -> state.become(EndpointStatus.DRAINING, reason, now);
        }
    }

    /** Ids that should be probed now: unknown ones, and ejected ones whose time is over; each once until it answers. */
    List<String> dueProbes(long now) {
        List<String> due = new ArrayList<>();
        for (EndpointState state : endpoints.values()) {
            boolean wants = state.status == EndpointStatus.PROBING
                    || (state.status == EndpointStatus.EJECTED && now >= state.ejectedUntil);
            if (wants && !state.probeOut && state.standing != Standing.HELD) {
                state.probeOut = true;
                due.add(state.endpoint.id());
            }
        }
        return due;
    }

    /** A leg of the endpoint has ended so. */
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
        for (EndpointState state : endpoints.values()) {
            boolean instead = state.decodes() || !except.decodes();
            if (state != except && instead && state.serving() && state.consecutiveFailures < settings.ejectAfter()) {
                return true;
            }
        }
        return false;
    }

    private void eject(EndpointState state, String reason, long now) {
        state.ejections = Math.min(state.ejections + 1, EJECTIONS_COUNTED);
        long factor = Math.min(EJECTION_FACTOR_MAX, 1L << (state.ejections - 1));
        state.ejectedUntil = now + settings.ejection().toNanos() * factor;
        state.become(EndpointStatus.EJECTED, reason, now);
    }

    /** Forgives past ejections of endpoints that have been in service for a while; to be called now and then. */
    void tick(long now) {
        long calm = settings.ejection().toNanos() * EJECTION_FACTOR_MAX;
        for (EndpointState state : endpoints.values()) {
            state.warmUp(now);
            if (state.ejections > 0 && state.status == EndpointStatus.READY && now - state.since > calm) {
                state.ejections = 0;
                state.consecutiveFailures = 0;
            }
        }
    }
}
