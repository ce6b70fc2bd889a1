package dev.sluice.gateway;

import dev.sluice.core.Policy;
import dev.sluice.gateway.handover.EngineAnswer;
import dev.sluice.gateway.stream.JsonValues;
import dev.sluice.spi.Answer;
import dev.sluice.spi.Connector;
import dev.sluice.spi.Endpoint;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/**
 * How KV moves in a pool: its connector, what is remembered of its prefill engines, and the leases that are open. A reload makes
 * another connector; what is remembered stays.
 */
final class Handovers {
    private final Connector connector;
    private final Connector.Traits traits;
    final KvLeases leases;
    final KvFetches fetches;
    private final Map<String, Answer> known;

    Handovers(Connector connector, Optional<Handovers> before) {
        this.connector = connector;
        this.traits = connector.traits();
        this.leases = before.map(b -> b.leases).orElseGet(KvLeases::new);
        this.fetches = before.map(b -> b.fetches).orElseGet(KvFetches::new);
        this.known = before.map(b -> b.known).orElseGet(ConcurrentHashMap::new);
    }

    Connector connector() {
        return connector;
    }

    Connector.Traits traits() {
        return traits;
    }

    /**
     * Whether engines may be told to fetch what others have cached. Whether those behind somebody else's sidecar can, only
     * their owner knows, who says so by naming who is fetched from.
     */
    boolean pulls(Policy policy) {
        return pulls(traits, policy);
    }

    static boolean pulls(Connector.Traits traits, Policy policy) {
        return traits.pulls()
                && (!traits.delegated() || policy.around().sources().isPresent());
    }

    /** What is remembered of a prefill engine. */
    Optional<Answer> known(String id) {
        return Optional.ofNullable(known.get(id));
    }

    /** An engine has answered a query. */
    void learned(String id, String json) {
        known.put(id, new EngineAnswer(200, JsonValues.of(json)));
    }

    /** An engine is another one now, or what was remembered did not work. */
    void forget(String id) {
        known.remove(id);
    }

    /** Whether requests must wait for a query of this engine before it can be used. */
    boolean unasked(Endpoint prefill) {
        return !known.containsKey(prefill.id()) && connector.query(prefill).isPresent();
    }
}
