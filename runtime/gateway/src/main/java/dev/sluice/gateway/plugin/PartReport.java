package dev.sluice.gateway.plugin;

import java.util.Map;

/**
 * How an instance has been doing at one point of decisions.
 *
 * @param point filter, scorer, picker, producer, admission or profile-handler
 * @param calls by outcome
 * @param p50Millis median time of a call; NaN when none was timed
 * @param p99Millis 99th percentile
 * @param breaker {@code closed}, {@code half-open}, {@code open}, {@code off}; {@code none} for the gateway's own
 * @param lastFault what went wrong last, in words; empty when nothing did
 */
public record PartReport(
        String point, Map<String, Long> calls, double p50Millis, double p99Millis, String breaker, String lastFault) {
    /** Copies the map. */
    public PartReport {
        calls = Map.copyOf(calls);
    }
}
