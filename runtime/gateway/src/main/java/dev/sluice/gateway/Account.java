package dev.sluice.gateway;

import dev.sluice.core.Outcome;
import dev.sluice.core.RoutingRequest;
import dev.sluice.core.Usage;
import dev.sluice.core.quota.Hold;
import dev.sluice.core.quota.Quota;
import dev.sluice.core.scan.BodyScan;
import dev.sluice.gateway.tenant.Caller;
import dev.sluice.gateway.tenant.Tenant;
import dev.sluice.gateway.tenant.Tenants;
import org.jspecify.annotations.Nullable;

/**
 * What one request owes, whether we carry its bytes or somebody else's proxy does: who calls, what is set aside of the tenant's
 * quota, and what is settled and written when the request has ended. What was set aside is given back once, whatever happens.
 */
final class Account {
    /** Tokens of a growing answer that are set aside together. */
    private static final int AHEAD = 64;

    private Caller caller = Caller.EVERYBODY;
    private boolean known;
    private volatile @Nullable Hold hold;
    private boolean closed;
    private int promptTokens;
    private int answerTokens;
    private int generated;
    private boolean worked;
    private boolean guessed;

    /** Nobody is asked who he is. */
    void open() {
        known = true;
    }

    /** Finds out who calls. Waits for an issuer's keys where they must be read first. */
    void identify(Tenants tenants, String key) throws Refused {
        caller = Callers.of(tenants, key);
        known = true;
    }

    /** Whose request it is; {@link Tenant#EVERYBODY} while that is not known. */
    Tenant tenant() {
        return caller.tenant();
    }

    /** Which key; empty without one. */
    String keyId() {
        return caller.keyId();
    }

    /**
     * Sets aside what it may cost: the prompt, and as many tokens as it may generate or, without a limit, is believed to. For a
     * model that takes another's place nothing more is set aside.
     *
     * @return false when the request has ended meanwhile; nothing is set aside then
     */
    boolean reserve(BodyScan scan, Prepared prepared) throws Refused {
        RoutingRequest request = prepared.ask().request();
        synchronized (this) {
            promptTokens = request.promptTokens();
            answerTokens = scan.api().fillsCache() ? request.outputTokens() : 0;
            if (!caller.tenant().limited() || hold != null) {
                return !closed;
            }
        }
        long answer = scan.maxTokens().isPresent()
                ? (long) scan.maxTokens().getAsInt() * scan.choices()
                : request.outputTokens();
        Quota.Reserved reserved = caller.tenant()
                .quota()
                .reserve(
                        caller.tenant()
                                .quotaName(prepared.target().engineModel().orElse(prepared.model()), prepared.model()),
                        request.promptTokens() + Math.max(0, answer));
        if (reserved.exceeded().isPresent()) {
            throw QuotaHeaders.refused(reserved.exceeded().get());
        }
        Hold mine = reserved.hold().orElseThrow();
        synchronized (this) {
            if (!closed) {
                hold = mine;
                return true;
            }
        }
        caller.tenant().quota().settle(mine, 0);
        return false;
    }

    /**
     * Whether its answer may go on when it has so many tokens. For one that grows longer than was thought more is set aside, as
     * long as its tenant has any.
     */
    boolean mayGoOn(int tokens) {
        Hold held = hold;
        long cost = (long) promptTokens + tokens;
        return held == null || cost <= held.tokens() || caller.tenant().quota().extend(held, cost, AHEAD);
    }

    /** An attempt at an engine has ended so. */
    void attempted(Outcome outcome) {
        worked |= outcome != Outcome.UNREACHABLE && outcome != Outcome.OVERLOADED && outcome != Outcome.REJECTED;
    }

    /** Tokens of an answer that were seen to pass. */
    void generated(int tokens) {
        generated = Math.max(generated, tokens);
    }

    /** It was answered where nobody could see it: it counts as long as such answers are known to be. */
    void unseen() {
        generated = Math.max(generated, answerTokens);
        guessed = true;
    }

    /** The request has ended: with what was really used; where the engine did not say, with what was seen. */
    void settle(Usage usage) {
        Hold held;
        synchronized (this) {
            closed = true;
            held = hold;
            hold = null;
        }
        if (held != null) {
            Usage said = seen(usage);
            caller.tenant()
                    .quota()
                    .settle(held, (long) Math.max(0, said.promptTokens()) + Math.max(0, said.outputTokens()));
        }
    }

    private Usage seen(Usage usage) {
        boolean silent = usage.promptTokens() < 0 && worked && promptTokens > 0;
        return new Usage(
                silent ? promptTokens : usage.promptTokens(),
                usage.cachedTokens(),
                Math.max(usage.outputTokens(), generated > 0 ? generated : -1));
    }

    /**
     * Where a request was, and how it ended.
     *
     * @param pool empty when it did not get that far; then its model is not told either
     * @param adapter the adapter; empty without one
     * @param prefillNanos time at an engine that computed the prompt for another
     * @param serveNanos time at the engines that served
     */
    record Trip(
            String id,
            String clientId,
            String route,
            String pool,
            String model,
            String adapter,
            String endpoint,
            int attempts,
            long prefillNanos,
            long serveNanos,
            int status,
            String outcome) {}

    /** Its line in the usage log. */
    UsageLine line(Trip trip, Usage usage) {
        return new UsageLine(
                System.currentTimeMillis(),
                trip.id(),
                trip.clientId(),
                known ? caller.tenant().name() : "",
                caller.keyId(),
                trip.route(),
                trip.pool(),
                trip.pool().isEmpty() ? "" : trip.model(),
                trip.adapter(),
                trip.endpoint(),
                trip.attempts(),
                seen(usage),
                guessed || (usage.promptTokens() < 0 && worked && promptTokens > 0),
                trip.prefillNanos(),
                Math.max(0, trip.serveNanos()),
                trip.status(),
                trip.outcome());
    }
}
