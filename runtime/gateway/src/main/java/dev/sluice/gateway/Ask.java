package dev.sluice.gateway;

import dev.sluice.core.RoutingRequest;
import dev.sluice.core.index.BlockRules;
import dev.sluice.core.index.PromptHashes;
import dev.sluice.core.scan.BodyScan;
import dev.sluice.gateway.tenant.Tenant;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * A request to be placed.
 *
 * @param hashes block hashes of its prompt
 * @param count how many of them
 * @param allowed ids that may serve it; empty for all
 * @param seed of the random choices
 * @param way how it is placed and served
 */
record Ask(RoutingRequest request, long[] hashes, int count, Set<String> allowed, long seed, Way way) {
    private static final long[] NO_HASHES = {};

    Ask(RoutingRequest request, long[] hashes, int count, Set<String> allowed, long seed) {
        this(request, hashes, count, allowed, seed, Way.plain(request.streaming()));
    }

    /**
     * How a request is placed and served.
     *
     * @param observed its first token will be seen as it comes
     * @param fetches engines may be told to fetch a beginning of its prompt from others
     * @param known what engines say that they hold of it; empty where none says anything, or its token ids are not known
     * @param policy in the place of the pool's own
     */
    record Way(boolean observed, boolean fetches, Optional<KnownPrompt> known, Optional<Pipeline> policy) {
        /** By the pool's policy, without KV that moves, and nobody says what is held. */
        static Way plain(boolean observed) {
            return new Way(observed, false, Optional.empty(), Optional.empty());
        }

        Way knowing(Optional<KnownPrompt> prompt) {
            return new Way(observed, fetches, prompt, policy);
        }

        Way fetching() {
            return new Way(observed, true, known, policy);
        }

        Way by(Optional<Pipeline> other) {
            return new Way(observed, fetches, known, other);
        }
    }

    /**
     * Who asks, and what of it the body does not say.
     *
     * @param text makes the prompt's text, on demand
     * @param seed of the random choices
     */
    record Who(
            String id,
            Tenant tenant,
            Function<String, Optional<String>> headers,
            Optional<String> session,
            Supplier<String> text,
            long seed) {}

    /** What a body asks for: the one place where a scan becomes a request that can be placed. */
    static Ask of(Who who, BodyScan scan, PromptHashes prompt, LivePool.Estimate estimate, Set<String> allowed) {
        return of(who, scan, prompt, estimate, allowed, scan.stream(), Optional.empty());
    }

    /** The same where the answer may pass unseen. */
    static Ask of(
            Who who,
            BodyScan scan,
            PromptHashes prompt,
            LivePool.Estimate estimate,
            Set<String> allowed,
            boolean observed,
            Optional<KnownPrompt> known) {
        boolean cached = scan.api().fillsCache();
        int tokens = scan.tokenIds()
                ? Math.max(1, scan.tokenCount())
                : known.isEmpty() ? estimate.promptTokens() : known.get().promptTokens(estimate.promptTokens());
        RoutingRequest request = new RoutingRequest(
                who.id(),
                who.tenant().name(),
                scan.model(),
                scan.api().path(),
                who.headers(),
                who.session(),
                who.tenant().priority(),
                tokens,
                scan.maxTokens().orElse(0),
                cached ? estimate.outputTokens() * scan.choices() : 1,
                (double) tokens * BlockRules.DEFAULT.bytes() / Math.max(1, prompt.bytes()),
                scan.stream(),
                who.text(),
                new ClientWishes(who.headers(), who.tenant()),
                false);
        return new Ask(
                request,
                cached ? prompt.hashes() : NO_HASHES,
                cached ? prompt.count() : 0,
                allowed,
                who.seed(),
                Way.plain(observed).knowing(known));
    }

    /** What a request asks for whose body nobody has seen, and whose answer nobody will. */
    static Ask unseen(Who who, String model, String path, LivePool.Estimate estimate, Set<String> allowed) {
        RoutingRequest request = new RoutingRequest(
                who.id(),
                who.tenant().name(),
                model,
                path,
                who.headers(),
                who.session(),
                0,
                estimate.promptTokens(),
                0,
                estimate.outputTokens(),
                1,
                false,
                who.text());
        return new Ask(request, NO_HASHES, 0, allowed, who.seed(), Way.plain(false));
    }

    /** Its first token will be seen as it comes. */
    boolean observed() {
        return way.observed();
    }

    /** Engines may be told to fetch a beginning of its prompt from others. */
    boolean fetches() {
        return way.fetches();
    }

    /** What engines say that they hold of it. */
    Optional<KnownPrompt> known() {
        return way.known();
    }

    /** In the place of the pool's own. */
    Optional<Pipeline> policy() {
        return way.policy();
    }

    /** The same for another model than the body names. */
    Ask named(String model) {
        return with(request.named(model), allowed, way);
    }

    /** The same with another priority. */
    Ask prioritised(int priority) {
        return priority == request.priority() ? this : with(request.prioritised(priority), allowed, way);
    }

    /** The same by another policy; as it is without one. */
    Ask by(Optional<Pipeline> other) {
        return other.isEmpty() ? this : with(request, allowed, way.by(other));
    }

    /** The same in a session. */
    Ask in(String session) {
        return with(request.in(session), allowed, way);
    }

    /** The same, whose prompt may be computed elsewhere, and a beginning of it fetched. */
    Ask split() {
        return with(request.split(), allowed, way.fetching());
    }

    /** The same, not to be split. */
    Ask whole() {
        return with(request.whole(), allowed, way);
    }

    /** The same, for these endpoints alone; empty for all. */
    Ask among(Set<String> ids) {
        return with(request, ids, way);
    }

    private Ask with(RoutingRequest changed, Set<String> ids, Way other) {
        return new Ask(changed, hashes, count, ids, seed, other);
    }
}
