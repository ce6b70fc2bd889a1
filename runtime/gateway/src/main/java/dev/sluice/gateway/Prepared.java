package dev.sluice.gateway;

import dev.sluice.core.Charge;
import dev.sluice.core.Outcome;
import dev.sluice.core.Usage;
import dev.sluice.core.index.PromptHashes;
import dev.sluice.core.scan.Api;
import dev.sluice.core.scan.BadBodyException;
import dev.sluice.core.scan.BodyScan;
import dev.sluice.core.scan.EditedBody;
import dev.sluice.core.scan.Edits;
import dev.sluice.gateway.metrics.Lane;
import dev.sluice.gateway.stream.GatewayError;
import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.function.Function;

/**
 * A request that is ready to be placed: its body read, its pool found, its edits made, its prompt hashed. Made in the same
 * way whether we carry the bytes or somebody else's proxy does.
 *
 * @param addUsage the engine is asked for usage that the client did not ask for: that event must be taken out again
 * @param body what the engine is sent
 */
record Prepared(
        BodyScan scan,
        RoutingTable.Target target,
        boolean addUsage,
        EditedBody body,
        PromptHashes prompt,
        LivePool.Ask ask) {
    /**
     * Who asks.
     *
     * @param headers looks a header up by its lower-case name
     * @param gone true when the body's bytes are no longer there
     * @param number of the exchange: the seed of its random choices
     */
    record Caller(String id, Function<String, Optional<String>> headers, BooleanSupplier gone, long number) {}

    /** Reads a body. */
    static BodyScan scan(LiveState.Settings settings, Api api, ByteBuffer body) throws Refused {
        try {
            return settings.scanner().scan(api, body);
        } catch (BadBodyException bad) {
            throw new Refused(GatewayError.INVALID_REQUEST, String.valueOf(bad.getMessage()));
        }
    }

    /** Where a model leads. */
    static RoutingTable.Target target(LiveState.Settings settings, String model) throws Refused {
        return settings.table()
                .target(model)
                .orElseThrow(
                        () -> new Refused(GatewayError.MODEL_NOT_FOUND, "The model `" + model + "` does not exist."));
    }

    /**
     * Prepares a request, and counts it.
     *
     * @param canDrop whether a usage event that the client did not ask for could be taken out of the answer again
     */
    static Prepared of(
            LiveState.Settings settings, BodyScan scan, RoutingTable.Target target, Caller caller, boolean canDrop)
            throws Refused {
        LivePool pool = target.entry().pool();
        boolean addUsage = canDrop && scan.stream() && scan.api().usageOnRequest() && !scan.includeUsage();
        Edits edits = Edits.of(scan);
        target.engineModel().ifPresent(edits::model);
        if (addUsage) {
            edits.includeUsage();
        }
        EditedBody body = edits.apply();
        PromptHashes prompt = target.prompt(scan);
        Set<String> allowed = allowed(scan, target, pool);
        LivePool.Estimate estimate =
                pool.estimate(bytes(prompt), scan.maxTokens().orElse(0));
        LivePool.Asker who = new LivePool.Asker(
                caller.id(),
                Exchange.ANONYMOUS,
                caller.headers(),
                SessionKeys.of(settings.sessions(), caller.headers(), scan),
                () -> caller.gone().getAsBoolean() ? "" : scan.promptText(),
                caller.number());
        return new Prepared(
                scan, target, addUsage, body, prompt, LivePool.Ask.of(who, scan, prompt, estimate, allowed));
    }

    /** A follow-up of a stored response goes to the endpoint that stored it. */
    private static Set<String> allowed(BodyScan scan, RoutingTable.Target target, LivePool pool) throws Refused {
        Optional<String> previous = scan.api() == Api.RESPONSES ? scan.previousResponseId() : Optional.empty();
        if (previous.isEmpty()) {
            return target.allowed();
        }
        String endpoint = pool.responseEndpoint(previous.get())
                .orElseThrow(() ->
                        new Refused(GatewayError.NOT_FOUND, "The response `" + previous.get() + "` does not exist."));
        return Set.of(endpoint);
    }

    static int bytes(PromptHashes prompt) {
        return Math.clamp(prompt.bytes(), 0, Integer.MAX_VALUE);
    }

    RoutingTable.PoolEntry entry() {
        return target.entry();
    }

    LivePool pool() {
        return target.entry().pool();
    }

    /** Settles a charge and counts what the engine reported. */
    void settle(Charge claim, Outcome outcome, Usage usage, int predictedTokens, Lane lane) {
        pool().settle(claim, outcome, usage, scan.maxTokens().orElse(0), bytes(prompt), ask);
        if (outcome == Outcome.COMPLETED) {
            String model = scan.model();
            lane.tokens(
                    entry().models().contains(model) ? entry().models().getFirst() : model,
                    usage.promptTokens(),
                    usage.cachedTokens(),
                    usage.outputTokens());
            lane.prefix(predictedTokens, usage.cachedTokens());
        }
    }
}
