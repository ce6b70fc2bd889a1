package dev.sluice.spi;

import java.time.Duration;
import java.util.Optional;

/**
 * How KV moves from the engine that computes a prompt to the one that generates: what each of them is sent, and what of the
 * answers matters. It makes legs and reads answers; connections, time limits, retries and who may talk to whom belong to the
 * gateway. Named by {@code pools[].connector}.
 *
 * <p>The same handover gives the same legs. Both engines always get the same prompt: a leg never edits what the prompt is made
 * of.
 */
public non-sealed interface Connector extends Part {
    /** What the gateway has to know of this way of moving KV. Does not change. */
    Traits traits();

    /**
     * How KV moves.
     *
     * @param lease how long a prefill engine keeps blocks that nobody fetched, after it answered; zero when it keeps none
     *     for a request
     * @param once what one prefill hands over serves one sequence: requests for several answers, or with several prompts, are
     *     not split
     * @param handshake the first exchange of two engines takes seconds, so pairs are warmed up before requests use them
     * @param ignoresSalt engines find blocks by the prompt alone, whatever salt was given: never with more than one tenant
     * @param pulls an engine can be told to fetch a cached beginning of a prompt from another, see {@link #pull}
     * @param movable what a prefill engine has handed over can be fetched by another decode engine than it was computed for,
     *     when that one can't be reached
     * @param delegated the order is always {@link Order#DELEGATED}: one leg goes out, so it may as well go over somebody else's
     *     proxy
     */
    record Traits(
            Duration lease,
            boolean once,
            boolean handshake,
            boolean ignoresSalt,
            boolean pulls,
            boolean movable,
            boolean delegated) {
        /** Traits of a connector that makes both legs. */
        public Traits(
                Duration lease, boolean once, boolean handshake, boolean ignoresSalt, boolean pulls, boolean movable) {
            this(lease, once, handshake, ignoresSalt, pulls, movable, false);
        }
    }

    /** In what order the legs go out. */
    enum Order {
        /** First prefill; decode when that has answered. */
        SERIAL,
        /** Both at once. */
        PARALLEL,
        /** Only decode: whatever stands before that engine sees to the prefill. */
        DELEGATED
    }

    /** What the gateway asks a prefill engine's host before it is used; its answer becomes {@link Handover#known}. */
    default Optional<Query> query(Endpoint prefill) {
        return Optional.empty();
    }

    /**
     * A GET, to the host that the endpoint is at.
     *
     * @param port 1 to 65535
     * @param path with its first slash
     */
    record Query(int port, String path) {}

    /** In what order the legs of this handover go out; empty when it can't be done now, for lack of what must be known. */
    Optional<Order> order(Handover handover);

    /** What the prefill engine is sent. Not asked when the order is {@link Order#DELEGATED}. */
    Leg prefill(Handover handover);

    /**
     * What the decode engine is sent.
     *
     * @param prefill the prefill engine's whole answer, whose status was 200; empty unless the order is {@link Order#SERIAL}
     * @return empty when nothing was handed over that can be used: then the decode engine computes the prompt itself
     */
    Optional<Leg> decode(Handover handover, Optional<Answer> prefill);

    /** A JSON object to be remembered of the prefill engine, out of what it answered; empty for nothing. */
    default Optional<String> remember(Answer prefill) {
        return Optional.empty();
    }

    /**
     * What the engine of a request that is not split is sent, so that it fetches what {@link Handover#source} holds; prefill and
     * decode of this handover are the same endpoint. Empty when it can't be told.
     */
    default Optional<Leg> pull(Handover handover) {
        return Optional.empty();
    }
}
