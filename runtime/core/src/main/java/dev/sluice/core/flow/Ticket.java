package dev.sluice.core.flow;

import org.jspecify.annotations.Nullable;

/**
 * One request that waits, or is about to. The caller may extend it with what it needs to be woken. A ticket waits at most once at a
 * time, and may wait again later.
 */
public class Ticket {
    /** Least work that a request counts as, microseconds: nobody is free of charge. */
    static final long LEAST_WORK = 1;

    final long bytes;
    final int priority;
    final Times times;
    final Share share;
    /** Predicted time that it keeps an engine busy, us. */
    long work = LEAST_WORK;
    /** The part of it that is its prompt, us. */
    long prompt;

    boolean queued;
    long arrived;
    /** Order of arrival. */
    long number;

    @Nullable
    Flow flow;
    /** In a list of arrivals. */
    @Nullable
    Ticket before;

    @Nullable
    Ticket after;
    /** In a list of the deadline wheel. */
    @Nullable
    Ticket wheelBefore;

    @Nullable
    Ticket wheelAfter;

    int wheelSlot = -1;
    private Wait wait = Wait.NONE;

    /**
     * When it gives up, and when it should be served; ns.
     *
     * @param deadline when it gives up while some endpoint is in service
     * @param withoutEndpoint when it gives up while none is
     * @param due when its first token should be there; {@link Long#MAX_VALUE} when nobody said
     */
    public record Times(long deadline, long withoutEndpoint, long due) {}

    /**
     * Whose it is.
     *
     * @param flow requests that share what they get: a tenant's name, or what stands for one
     * @param weight its part among the flows of its priority, more than 0
     */
    public record Share(String flow, double weight) {
        /** Of everybody together. */
        public static final Share ALL = new Share("", 1);

        /** Puts the weight into range. */
        public Share {
            weight = weight > 0 && weight < Double.POSITIVE_INFINITY ? weight : 1;
        }
    }

    /** A request of everybody's. */
    public Ticket(long bytes, long deadline, int priority) {
        this(bytes, priority, new Times(deadline, deadline, Long.MAX_VALUE), Share.ALL);
    }

    /**
     * A request about to wait.
     *
     * @param bytes of its body
     * @param priority higher goes first
     */
    public Ticket(long bytes, int priority, Times times, Share share) {
        this.bytes = bytes;
        this.priority = priority;
        this.times = times;
        this.share = share;
    }

    /**
     * Says what it asks for. Before it is offered.
     *
     * @param workMs predicted time that it keeps an engine busy, ms
     * @param promptMs the part of it that is its prompt, ms
     */
    public final void work(double workMs, double promptMs) {
        work = Math.max(LEAST_WORK, micros(workMs));
        prompt = Math.max(0, micros(promptMs));
    }

    private static long micros(double ms) {
        return (long) Math.clamp(ms * 1e3, 0, 1e15); // NaN becomes 0
    }

    /** Predicted time that it keeps an engine busy, ms. */
    public final double workMs() {
        return work / 1e3;
    }

    /** True while it waits. */
    public final boolean queued() {
        return queued;
    }

    /** Bytes of its body. */
    public final long bytes() {
        return bytes;
    }

    /** Its band. */
    public final int priority() {
        return priority;
    }

    /** Whose it is. */
    public final Share share() {
        return share;
    }

    /** When it gives up, and when it should be served. */
    public final Times times() {
        return times;
    }

    /** When it was offered last, ns. */
    public final long arrived() {
        return arrived;
    }

    /** Why it has to wait, or had to; {@link Wait#NONE} when it never did. */
    public final Wait waits() {
        return wait;
    }

    final void waits(Wait why) {
        wait = why;
    }

    /** When it gives up, ns. */
    final long deadline(boolean serving) {
        return serving ? times.deadline() : times.withoutEndpoint();
    }
}
