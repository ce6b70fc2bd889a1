package dev.sluice.gateway.admin;

import java.time.Instant;
import java.util.OptionalInt;

/**
 * One decision: what was asked, where it went, how that ended.
 *
 * @param id the exchange, for {@code /explain/{id}}
 * @param clientId the client's own id; empty when it sent none
 * @param at when, wall clock
 * @param pool the pool
 * @param tenant the tenant
 * @param route the path that was posted to
 * @param model the model that was asked for
 * @param attempt 1 for the first engine that was asked, 2 for the next
 * @param endpoint id of the endpoint chosen; empty when none was
 * @param promptTokens prompt tokens, as they were estimated
 * @param cachedTokens those of them that the endpoint was predicted to hold
 * @param reportedCachedTokens those that the engine said it held; empty while it has not said
 * @param outcome how the attempt ended, {@code running}, or {@code refused}
 * @param durationMs how long the attempt took; NaN while it runs
 * @param note refusal or fallback in words; empty when there was none
 */
public record RecentDecision(
        String id,
        String clientId,
        Instant at,
        String pool,
        String tenant,
        String route,
        String model,
        int attempt,
        String endpoint,
        long promptTokens,
        long cachedTokens,
        OptionalInt reportedCachedTokens,
        String outcome,
        double durationMs,
        String note) {}
