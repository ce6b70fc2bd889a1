package dev.sluice.core;

/** A request's claim on an endpoint. Released exactly once; every further call changes nothing. */
public final class Charge {
    enum Phase {
        PREFILL,
        DECODE,
        RELEASED
    }

    final EndpointState state;
    final Work work;
    final long at;
    final int predictedRaw;
    Phase phase = Phase.PREFILL;
    long firstTokenAt;
    int tokens;
    double othersAtStart;

    Charge(EndpointState state, Work work, int predictedRaw, long at) {
        this.state = state;
        this.work = work;
        this.predictedRaw = predictedRaw;
        this.at = at;
    }

    /** Id of the endpoint that was charged. */
    public String endpointId() {
        return state.endpoint.id();
    }

    /** What was charged. */
    public Work work() {
        return work;
    }

    /** Slot of the endpoint in the prefix index. */
    public int slot() {
        return state.slot;
    }

    /** True once the claim was given back. */
    public boolean released() {
        return phase == Phase.RELEASED;
    }
}
