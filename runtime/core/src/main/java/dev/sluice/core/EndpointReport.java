package dev.sluice.core;

import dev.sluice.spi.Endpoint;
import java.util.List;

/**
 * One endpoint as an operator sees it.
 *
 * @param endpoint the endpoint
 * @param status its state
 * @param reason why it is in that state, in words
 * @param forMs for how long, ms
 * @param models the models it said that it serves
 * @param inFlight requests charged to it
 * @param concurrency most requests that may be charged to it at a time, configured or learned
 * @param pendingPrefillTokens prompt tokens that it has yet to compute
 * @param prefillRate learned prompt tokens per second
 * @param tokenMs learned time per output token of a lone stream, ms
 * @param cacheTokens learned size of its prefix cache, tokens
 * @param cacheTrust share of predicted cached tokens that it confirms, 0..1
 * @param dispatched requests ever sent to it
 */
public record EndpointReport(
        Endpoint endpoint,
        EndpointStatus status,
        String reason,
        double forMs,
        List<String> models,
        int inFlight,
        int concurrency,
        double pendingPrefillTokens,
        double prefillRate,
        double tokenMs,
        double cacheTokens,
        double cacheTrust,
        long dispatched) {}
