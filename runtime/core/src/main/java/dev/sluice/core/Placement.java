package dev.sluice.core;

import dev.sluice.spi.Request;
import java.util.Set;

/**
 * Everything that one decision depends on, and nothing else: the same placement gives the same decision.
 *
 * @param request the request
 * @param snapshot the pool's picture
 * @param matchedBlocks per slot, blocks of the request that the prefix index believes the endpoint to hold
 * @param sessionEndpoint id of the endpoint that served the session last, or empty
 * @param allowed ids of endpoints that tenant and model rules allow; empty for all
 * @param excluded ids of endpoints that this exchange has tried already
 * @param seed of the random choices
 * @param splitting what is to be known about a second endpoint
 * @param known what engines say themselves that they hold
 */
public record Placement(
        RoutingRequest request,
        Snapshot snapshot,
        int[] matchedBlocks,
        String sessionEndpoint,
        Set<String> allowed,
        Set<String> excluded,
        long seed,
        Splitting splitting,
        KnownTokens known) {
    /** One of which engines say nothing. */
    public Placement(
            RoutingRequest request,
            Snapshot snapshot,
            int[] matchedBlocks,
            String sessionEndpoint,
            Set<String> allowed,
            Set<String> excluded,
            long seed,
            Splitting splitting) {
        this(request, snapshot, matchedBlocks, sessionEndpoint, allowed, excluded, seed, splitting, KnownTokens.NONE);
    }

    /** One that knows nothing of second endpoints. */
    public Placement(
            RoutingRequest request,
            Snapshot snapshot,
            int[] matchedBlocks,
            String sessionEndpoint,
            Set<String> allowed,
            Set<String> excluded,
            long seed) {
        this(request, snapshot, matchedBlocks, sessionEndpoint, allowed, excluded, seed, Splitting.PLAIN);
    }

    /** Cached tokens as the engine or the approximate index has them, before the latter are scaled by trust. */
    public int rawCachedTokens(int row) {
        int slot = snapshot.slot(row);
        int told = within(known.tokens(slot));
        return known.exact(slot) ? told : Math.max(told, guessedTokens(slot));
    }

    private int guessedTokens(int slot) {
        int blocks = slot < matchedBlocks.length ? matchedBlocks[slot] : 0;
        return within(blocks * request.tokensPerBlock());
    }

    private int within(double tokens) {
        return (int) Math.clamp(tokens, 0, Math.max(0, request.promptTokens() - 1));
    }

    /** Cached tokens that are predicted for an endpoint. */
    public int cachedTokens(int row) {
        int slot = snapshot.slot(row);
        int told = within(known.tokens(slot));
        return known.exact(slot) ? told : Math.max(told, (int) (guessedTokens(slot) * snapshot.trust(row)));
    }

    Placement on(Snapshot other) {
        return new Placement(request, other, matchedBlocks, sessionEndpoint, allowed, excluded, seed, splitting, known);
    }

    /** The request as plugins see it. */
    public Request view() {
        return request;
    }
}
