package dev.sluice.gateway;

import dev.sluice.core.Charge;
import dev.sluice.core.Outcome;
import dev.sluice.core.Usage;
import dev.sluice.core.discovery.PoolRules;
import dev.sluice.core.index.PromptHashes;
import dev.sluice.core.scan.Api;
import dev.sluice.core.scan.BadBodyException;
import dev.sluice.core.scan.BodyScan;
import dev.sluice.core.scan.EditedBody;
import dev.sluice.core.scan.Edits;
import dev.sluice.gateway.config.TenantConfig;
import dev.sluice.gateway.handover.Splittable;
import dev.sluice.gateway.metrics.Lane;
import dev.sluice.gateway.stream.GatewayError;
import dev.sluice.gateway.tenant.Tenant;
import dev.sluice.gateway.tokens.PromptQuestion;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * A request that is ready to be placed: its body read, its pool found, its edits made, its prompt hashed. Made in the same
 * way whether we carry the bytes or somebody else's proxy does.
 *
 * @param model as the client named it; empty when it named none
 * @param maxTokens the client's limit, 0 for none
 * @param promptBytes bytes of its prompt
 * @param addUsage the engine is asked for usage that the client did not ask for: that event must be taken out again
 * @param body what the engine is sent
 * @param halves for legs of other kinds than one; empty where KV does not move
 */
record Prepared(
        RoutingTable.Target target,
        String model,
        int maxTokens,
        int promptBytes,
        boolean addUsage,
        EditedBody body,
        Ask ask,
        Optional<Halves> halves) {
    /**
     * What the legs of a request are made of that more than one engine serves.
     *
     * @param scan its body as it came
     * @param edits what every leg gets, anew for each
     */
    record Halves(Handovers how, BodyScan scan, Supplier<Edits> edits) {}

    /**
     * Who asks.
     *
     * @param headers looks a header up by its lower-case name
     * @param gone true when the body's bytes are no longer there
     * @param number of the exchange: the seed of its random choices
     */
    record Caller(
            String id, Tenant tenant, Function<String, Optional<String>> headers, BooleanSupplier gone, long number) {}

    /** Reads a body. */
    static BodyScan scan(LiveState.Settings settings, Api api, ByteBuffer body) throws Refused {
        try {
            return settings.scanner().scan(api, body);
        } catch (BadBodyException bad) {
            throw new Refused(GatewayError.INVALID_REQUEST, String.valueOf(bad.getMessage()));
        }
    }

    /** The model that is asked for: the client's headers may name another one than its body, where that is allowed. */
    static String model(BodyScan scan, Function<String, Optional<String>> headers) {
        String rewritten = ClientWishes.model(headers);
        return rewritten.isEmpty() ? scan.model() : rewritten;
    }

    /** Where a model leads. */
    static RoutingTable.Target target(LiveState.Settings settings, String model) throws Refused {
        return settings.table().target(model).orElseThrow(() -> unknown(model));
    }

    private static Refused unknown(String model) {
        return new Refused(GatewayError.MODEL_NOT_FOUND, "The model `" + model + "` does not exist.");
    }

    /** A model, maybe another one than was asked for, and where it leads. */
    record Led(String model, RoutingTable.Target target) {}

    /**
     * Where a model leads by what is said beside its pool, which may put another model in its place. What the client named in a
     * header stays.
     *
     * @param chance decides between several
     */
    static Led led(LiveState.Settings settings, BodyScan scan, String model, long chance) throws Refused {
        RoutingTable table = settings.table();
        Optional<RoutingTable.Target> direct = table.target(model);
        if (!model.equals(scan.model())) {
            return new Led(model, direct.orElseThrow(() -> unknown(model)));
        }
        // A name that nobody serves may still be one that a rule is about.
        for (RoutingTable.PoolEntry entry :
                direct.map(RoutingTable.Target::entry).map(List::of).orElse(table.pools())) {
            PoolRules rules = entry.pool().rules();
            if (direct.isPresent() || rules.names(model) || table.pools().size() == 1) {
                Optional<String> other = rules.model(model, chance);
                if (other.isPresent()) {
                    return new Led(other.get(), target(table, entry, other.get()));
                }
            }
        }
        return new Led(model, direct.orElseThrow(() -> unknown(model)));
    }

    /** The same for a tenant, whose own rules have led there: they still count. */
    static Led led(LiveState.Settings settings, BodyScan scan, TenantRoutes.Way way, long chance) throws Refused {
        RoutingTable.Target asked = way.target();
        Optional<String> other = way.model().equals(scan.model())
                ? asked.entry().pool().rules().model(way.model(), chance)
                : Optional.empty();
        if (other.isEmpty()) {
            return new Led(way.model(), asked);
        }
        RoutingTable.Target its = target(settings.table(), asked.entry(), other.get());
        Set<String> both = new TreeSet<>(asked.allowed().isEmpty() ? its.allowed() : asked.allowed());
        if (!its.allowed().isEmpty()) {
            both.retainAll(its.allowed());
        }
        if (both.isEmpty() && !(asked.allowed().isEmpty() && its.allowed().isEmpty())) {
            throw new Refused(
                    GatewayError.NO_ENDPOINT, "no engine of this model is among those allowed", "tenant_route", 5);
        }
        return new Led(
                other.get(),
                new RoutingTable.Target(asked.entry(), its.engineModel(), both, asked.salt(), asked.policy()));
    }

    /** A model in one pool; by its own name where the pool does not know it. */
    private static RoutingTable.Target target(RoutingTable table, RoutingTable.PoolEntry entry, String model) {
        return table.target(model)
                .filter(target -> target.entry().equals(entry))
                .orElseGet(() -> new RoutingTable.Target(entry, Optional.empty(), Set.of()));
    }

    /**
     * What the one who carries the bytes can do.
     *
     * @param watched the answer's body is seen: its tokens are counted, and an event can be taken out of it
     * @param among ids of the endpoints that may be chosen; empty for all
     * @param ours we carry them ourselves
     */
    record Carriage(boolean watched, Optional<Set<String>> among, boolean ours) {
        /** We carry them ourselves. */
        static final Carriage OURS = new Carriage(true, Optional.empty(), true);

        /** Somebody else's proxy carries them. */
        Carriage(boolean watched, Optional<Set<String>> among) {
            this(watched, among, false);
        }

        /** Whether the legs of a request that is split can be sent. */
        private boolean splits(Handovers how) {
            return ours || how.traits().delegated();
        }

        /** Ids that a route allows, as far as they may be chosen; empty for all. */
        private Set<String> allowed(Set<String> route) throws Refused {
            if (among.isEmpty()) {
                return route;
            }
            Set<String> both = new TreeSet<>(among.get());
            if (!route.isEmpty()) {
                both.retainAll(route);
            }
            if (both.isEmpty()) {
                throw new Refused(
                        GatewayError.NO_ENDPOINT, "no engine of this model is among those allowed", "subset", 1);
            }
            return both;
        }
    }

    /** Prepares a request, and counts it. */
    static Prepared of(
            LiveState.Settings settings,
            BodyScan scan,
            String model,
            RoutingTable.Target target,
            Caller caller,
            Carriage carriage)
            throws Refused {
        LivePool pool = target.entry().pool();
        boolean addUsage = carriage.watched() && scan.stream() && scan.api().usageOnRequest() && !scan.includeUsage();
        Tenant tenant = caller.tenant();
        boolean priority = tenant.may(TenantConfig.Permission.PRIORITY);
        EditedBody body = edits(scan, model, target, addUsage, priority).apply();
        PromptHashes prompt = target.prompt(scan, model);
        Set<String> allowed = carriage.allowed(allowed(scan, target, pool, tenant));
        Optional<KnownPrompt> known = pool.known(scan, prompt, target, model, body);
        LivePool.Estimate guess = pool.estimate(bytes(prompt), scan.maxTokens().orElse(0));
        LivePool.Estimate estimate = known.isPresent() && known.get().whole() ? guess : exact(pool, scan, body, guess);
        Ask.Who who = new Ask.Who(
                caller.id(),
                tenant,
                caller.headers(),
                SessionKeys.of(settings.sessions(), caller.headers(), scan, () -> pool.inferred(prompt))
                        .map(tenant::own),
                () -> caller.gone().getAsBoolean() ? "" : scan.promptText(),
                caller.number());
        Ask asked = Ask.of(who, scan, prompt, estimate, allowed, scan.stream() && carriage.watched(), known);
        Ask named = (model.equals(scan.model()) ? asked : asked.named(model))
                .by(target.policy())
                .prioritised(ClientWishes.priority(caller.headers(), tenant, pool.rules()));
        Optional<Handovers> how = pool.handovers();
        if (how.isPresent() && !carriage.splits(how.get())) {
            how = Optional.empty();
        }
        return new Prepared(
                target,
                model,
                scan.maxTokens().orElse(0),
                bytes(prompt),
                addUsage,
                body,
                how.isPresent() && Splittable.is(scan, how.get().traits()) ? named.split() : named,
                how.isPresent()
                        ? Optional.of(new Halves(how.get(), scan, () -> edits(scan, model, target, addUsage, priority)))
                        : Optional.empty());
    }

    private static Edits edits(
            BodyScan scan, String model, RoutingTable.Target target, boolean addUsage, boolean priority) {
        Edits edits = Edits.of(scan);
        if (!model.equals(scan.model())) {
            edits.model(target.engineModel().orElse(model));
        } else {
            target.engineModel().ifPresent(edits::model);
        }
        if (addUsage) {
            edits.includeUsage();
        }
        if (priority) {
            edits.allowPriority();
        }
        if (!target.salt().isEmpty() && scan.api().fillsCache()) {
            edits.set("cache_salt", '"' + target.salt() + '"');
        }
        return edits;
    }

    /** With the prompt's exact tokens, where the pool's policy wants them and an engine says in time; may wait for it. */
    static LivePool.Estimate exact(LivePool pool, BodyScan scan, EditedBody body, LivePool.Estimate estimate) {
        if (scan.tokenIds()) {
            return estimate; // they are in the body
        }
        return pool.tokens(() -> new PromptQuestion(scan.api(), body.toBytes(), scan.media() > 0))
                .map(ids -> new LivePool.Estimate(Math.max(1, ids.length), estimate.outputTokens()))
                .orElse(estimate);
    }

    /**
     * Prepares a request whose body is not to be seen, and counts it.
     *
     * @param length bytes of its body, 0 when unknown
     */
    static Prepared unseen(
            RoutingTable.Target target, String model, String path, int length, Caller caller, Carriage carriage)
            throws Refused {
        LivePool pool = target.entry().pool();
        Ask.Who who = new Ask.Who(
                caller.id(), caller.tenant(), caller.headers(), Optional.empty(), () -> "", caller.number());
        return new Prepared(
                target,
                model,
                0,
                0,
                false,
                new EditedBody(List.of(), 0),
                Ask.unseen(who, model, path, pool.estimate(length, 0), carriage.allowed(target.allowed())),
                Optional.empty());
    }

    /** A follow-up of a stored response goes to the endpoint that stored it. */
    private static Set<String> allowed(BodyScan scan, RoutingTable.Target target, LivePool pool, Tenant tenant)
            throws Refused {
        Optional<String> previous = scan.api() == Api.RESPONSES ? scan.previousResponseId() : Optional.empty();
        if (previous.isEmpty()) {
            return target.allowed();
        }
        String endpoint = pool.responseEndpoint(tenant.own(previous.get()))
                .orElseThrow(() ->
                        new Refused(GatewayError.NOT_FOUND, "The response `" + previous.get() + "` does not exist."));
        if (!target.allowed().isEmpty() && !target.allowed().contains(endpoint)) {
            throw new Refused(
                    GatewayError.NO_ENDPOINT, "the engine of that response is not among those allowed", "subset", 1);
        }
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
        settle(claim, outcome, usage);
        count(outcome, usage, predictedTokens, lane);
    }

    /** Settles a charge of which nothing is counted. */
    void settle(Charge claim, Outcome outcome, Usage usage) {
        pool().settle(claim, outcome, usage, maxTokens, promptBytes, ask);
    }

    /** Counts what the request cost. */
    void count(Outcome outcome, Usage usage, int predictedTokens, Lane lane) {
        if (outcome == Outcome.COMPLETED) {
            lane.tokens(
                    target.adapter(model) ? model : entry().base().isEmpty() ? model : entry().base(),
                    usage.promptTokens(),
                    usage.cachedTokens(),
                    usage.outputTokens());
            lane.prefix(predictedTokens, usage.cachedTokens());
        }
    }
}
