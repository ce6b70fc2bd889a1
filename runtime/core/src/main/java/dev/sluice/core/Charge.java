package dev.sluice.core;

import dev.sluice.spi.ResponseHeaders;
import org.jspecify.annotations.Nullable;

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
    /** Prompt tokens that waited there before it. */
    final double ahead;

    Phase phase = Phase.PREFILL;
    long firstTokenAt;
    int tokens;
    double othersAtStart;
    double prefilledAtStart;
    LearnedRates.@Nullable Step step;
    /** When the endpoint was told where to get its KV; 0 before. */
    long handedAt;
    /** Tokens of KV that it has to get. */
    int moved;

    /** Where it gets them from. */
    @Nullable
    EndpointState source;

    @Nullable
    Dispatch dispatch;

    @Nullable
    Charge before;

    @Nullable
    Charge after;

    Charge(EndpointState state, Work work, int predictedRaw, double ahead, long at) {
        this.state = state;
        this.work = work;
        this.predictedRaw = predictedRaw;
        this.ahead = ahead;
        this.at = at;
    }

    /** Lets the policy's plugins add headers to the answer. */
    public void writeHeaders(ResponseHeaders out) {
        Dispatch told = dispatch;
        if (told != null) {
            told.writeHeaders(out);
        }
    }

    /** Id of the endpoint that was charged. */
    public String endpointId() {
        return state.endpoint.id();
    }

    /** What was charged. */
    public Work work() {
        return work;
    }

    /** Prompt tokens that the index believed the endpoint to hold, before trust. */
    public int predictedTokens() {
        return predictedRaw;
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
