package dev.sluice.core;

import dev.sluice.spi.ResponseHeaders;
import java.util.Optional;
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

    /** A beginning of the prompt that it fetches from {@link #source}. */
    @Nullable
    Fetch fetch;

    @Nullable
    Dispatch dispatch;

    @Nullable
    Charge before;

    @Nullable
    Charge after;

    /** How a fetch of a cached beginning went. */
    public enum Fetched {
        /** The prompt was there sooner than it could have been computed. */
        SOONER("fetched"),
        /** It was not: what was to be fetched was gone, or the link is slow. */
        NO_SOONER("no_sooner"),
        /** The request failed. */
        FAILED("failed"),
        /** The request was given up. */
        CANCELLED("cancelled");

        private final String label;

        Fetched(String label) {
            this.label = label;
        }

        /** The name in metrics. */
        public String label() {
            return label;
        }
    }

    /** A fetch, from its claim to its end. */
    static final class Fetch {
        final int tokens;

        @Nullable
        Fetched how;

        Fetch(int tokens) {
            this.tokens = tokens;
        }

        /** What was not known when the first token came. */
        void ended(Outcome outcome) {
            if (how == null) {
                how = switch (outcome) {
                    case COMPLETED -> Fetched.SOONER;
                    case CANCELLED, EVICTED -> Fetched.CANCELLED;
                    default -> Fetched.FAILED;
                };
            }
        }
    }

    /** Prompt tokens that its endpoint was told to fetch; 0 for none. */
    public int fetchedTokens() {
        return fetch == null ? 0 : fetch.tokens;
    }

    /** How that went; empty before its end, and when nothing was to be fetched. */
    public Optional<Fetched> fetched() {
        return fetch == null ? Optional.empty() : Optional.ofNullable(fetch.how);
    }

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
