package dev.sluice.gateway.admin;

import java.time.Instant;

/**
 * One line of the list of recent decisions.
 *
 * @param id the exchange, for {@code /explain/{id}}
 * @param at when, wall clock
 * @param pool the pool
 * @param tenant the tenant
 * @param model the model that was asked for
 * @param endpoint id of the endpoint chosen; empty when none was
 * @param promptTokens estimated prompt tokens
 * @param cachedTokens those of them that the endpoint was predicted to hold
 * @param outcome how it ended, or {@code running}
 * @param note refusal or fallback in words; empty when there was none
 */
public record RecentDecision(
        String id,
        Instant at,
        String pool,
        String tenant,
        String model,
        String endpoint,
        long promptTokens,
        long cachedTokens,
        String outcome,
        String note) {}
