package dev.sluice.gateway;

import dev.sluice.core.scan.BodyScanner;
import dev.sluice.gateway.config.SessionSource;
import dev.sluice.gateway.http.BodyBudget;
import dev.sluice.gateway.metrics.Meters;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiConsumer;

/** What all exchanges share. The parts that a reload changes are read once, at the start of an exchange. */
final class LiveState {
    final Meters meters;
    final DecisionLog decisions = new DecisionLog();
    final ExchangeId ids = new ExchangeId();
    final BodyBudget budget;
    final AtomicInteger inFlight = new AtomicInteger();
    final int maxInFlight;
    final BiConsumer<String, String> probe;
    final BiConsumer<String, String> traffic;
    /** Not ready any more: connections end with their request. */
    volatile boolean draining;
    /** New requests are refused. */
    volatile boolean closed;

    volatile Settings settings;

    /**
     * What a reload swaps.
     *
     * @param debugHeaders responses name the endpoint
     * @param bodyLimit largest body, bytes
     * @param sessions where sessions are found, first that is there counts
     * @param scanner reads bodies and the session paths in them
     */
    record Settings(
            RoutingTable table,
            boolean debugHeaders,
            long bodyLimit,
            List<SessionSource> sessions,
            BodyScanner scanner,
            AccessLog accessLog) {}

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
