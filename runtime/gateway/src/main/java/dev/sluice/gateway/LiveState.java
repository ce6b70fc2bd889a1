package dev.sluice.gateway;

import dev.sluice.core.scan.BodyScanner;
import dev.sluice.gateway.config.SessionSource;
import dev.sluice.gateway.http.BodyBudget;
import dev.sluice.gateway.metrics.Meters;
import dev.sluice.gateway.tenant.Tenants;
import dev.sluice.gateway.trace.Traces;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/** What all exchanges share. The parts that a reload changes are read once, at the start of an exchange. */
final class LiveState {
    final Meters meters;
    final DecisionLog decisions = new DecisionLog();
    final ExchangeId ids = new ExchangeId();
    final BodyBudget budget;
    final Poison poison = new Poison();
    final AtomicInteger inFlight = new AtomicInteger();
    final int maxInFlight;
    final BiConsumer<String, String> probe;
    final BiConsumer<String, String> traffic;
    /** Not ready any more: connections end with their request. */
    volatile boolean draining;
    /** New requests are refused. */
    volatile boolean closed;

    volatile Settings settings;
    /** Where usage is written; null for nowhere. */
    volatile @Nullable UsageLog usage;
    /** Who is told of requests; null for nobody. */
    volatile @Nullable Traces traces;

    /**
     * What a reload swaps.
     *
     * @param debugHeaders responses name the endpoint
     * @param bodyLimit largest body, bytes
     * @param sessions where sessions are found, first that is there counts
     * @param scanner reads bodies and the session paths in them
     * @param tenants who may use the gateway
     * @param policies those that tenants use in the place of a pool's own, by {@link TenantPolicies#key}
     */
    record Settings(
            RoutingTable table,
            boolean debugHeaders,
            long bodyLimit,
            List<SessionSource> sessions,
            BodyScanner scanner,
            AccessLog accessLog,
            Tenants tenants,
            Map<String, Pipeline> policies) {
        /** The same for other tenants. */
        Settings with(Tenants next, Map<String, Pipeline> their) {
            return new Settings(table, debugHeaders, bodyLimit, sessions, scanner, accessLog, next, their);
        }
    }

    LiveState(
            Meters meters,
            BodyBudget budget,
            int maxInFlight,
            Settings settings,
            BiConsumer<String, String> probe,
            BiConsumer<String, String> traffic) {
        this.meters = meters;
        this.budget = budget;
        this.maxInFlight = maxInFlight;
        this.settings = settings;
        this.probe = probe;
        this.traffic = traffic;
    }
}
