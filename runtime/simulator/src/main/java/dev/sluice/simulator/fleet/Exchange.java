package dev.sluice.simulator.fleet;

import dev.sluice.core.Charge;
import dev.sluice.core.Usage;
import dev.sluice.core.flow.Ticket;
import java.util.LinkedHashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** One request of a client on its way through the gateway model. */
public final class Exchange {
    /** Where it is; it is in one of these at any time. */
    public enum State {
        NEW,
        QUEUED,
        SENT,
        STREAMING,
        /** All of the answer is here, and a slow client still reads it. */
        DELIVERING,
        ENDED
    }

    /** How it ended; it ends once. */
    public enum End {
        COMPLETED,
        CANCELLED,
        REFUSED_FULL,
        REFUSED_LATE,
        REFUSED_NO_ENDPOINT,
        REJECTED,
        FAILED,
        CUT,
        /** Another one, that went before it, took its place in the queue. */
        PUSHED_OUT
    }

    final long number;
    final Ask ask;
    final long arrivedAt;
    final Set<String> tried = new LinkedHashSet<>();
    State state = State.NEW;

    @Nullable
    Ticket ticket;

    @Nullable
    Charge charge;

    @Nullable
    Leg leg;

    /** Who holds a beginning of the prompt that the endpoint which computes it fetches; empty for nobody. */
    String source = "";

    int attempts;
    int budgeted;
    int predicted;
    int tokens;
    int ends;
    long firstTokenAt;
    long endedAt;
    long lastHeard;

    @Nullable
    End end;

    Usage usage = Usage.UNKNOWN;
    String endpoint = "";

    Exchange(long number, Ask ask, long arrivedAt) {
        this.number = number;
        this.ask = ask;
        this.arrivedAt = arrivedAt;
    }

    /** Counts from 0. */
    public long number() {
        return number;
    }

    /** What was asked. */
    public Ask ask() {
        return ask;
    }

    /** Where it is. */
    public State state() {
        return state;
    }

    /** How it ended; null before. */
    public @Nullable End end() {
        return end;
    }

    /** How often it ended: 0, then 1. */
    public int ends() {
        return ends;
    }

    /** When it came, ns. */
    public long arrivedAt() {
        return arrivedAt;
    }

    /** When its first token came, ns; 0 before. */
    public long firstTokenAt() {
        return firstTokenAt;
    }

    /** When it ended, ns; 0 before. */
    public long endedAt() {
        return endedAt;
    }

    /** Tokens that the client has seen. */
    public int tokens() {
        return tokens;
    }

    /** Legs begun. */
    public int attempts() {
        return attempts;
    }

    /** What the engine said at the end. */
    public Usage usage() {
        return usage;
    }

    /** Id of the endpoint of the last leg. */
    public String endpoint() {
        return endpoint;
    }

    /** Cached tokens that the last decision predicted for its endpoint, as it used them. */
    public int predicted() {
        return predicted;
    }

    /** Its claim on an endpoint; null when it has none. */
    public @Nullable Charge charge() {
        return charge;
    }

    /** Legs that failed after they may have reached an engine. */
    public int budgeted() {
        return budgeted;
    }

    /** Endpoints whose legs failed. */
    public Set<String> tried() {
        return tried;
    }

    /** Its ticket in the queue; null when it never waited. */
    public @Nullable Ticket ticket() {
        return ticket;
    }

    /** Bytes of its body. */
    public int bytes() {
        return ask.promptTokens() * 4;
    }
}
