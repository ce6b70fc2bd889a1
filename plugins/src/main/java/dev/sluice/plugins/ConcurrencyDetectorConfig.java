package dev.sluice.plugins;

import dev.sluice.spi.Default;
import dev.sluice.spi.Doc;
import dev.sluice.spi.OneOf;
import dev.sluice.spi.Range;

/**
 * Parameters of {@code concurrency-detector}.
 *
 * @param concurrencyMode what is counted
 * @param maxConcurrency requests in flight with which an endpoint is as full as it should be
 * @param maxTokenConcurrency tokens in flight with which it is
 * @param headroom share by which an endpoint may be over before the filter drops it
 * @param inFlightLoadProducerName who says what is in flight; empty: the default
 */
public record ConcurrencyDetectorConfig(
        @Doc("What is counted: requests, tokens, or whichever of the two is nearer its limit.")
        @Default("requests")
        @OneOf({"requests", "tokens", "hybrid"})
        String concurrencyMode,

        @Doc("Requests in flight with which an endpoint is as full as it should be.") @Default("100") @Range(min = 1)
        long maxConcurrency,

        @Doc("Tokens in flight with which an endpoint is as full as it should be.") @Default("1000000") @Range(min = 1)
        long maxTokenConcurrency,

        @Doc("Share by which an endpoint may be over before the filter drops it.") @Default("0.0") @Range(min = 0)
        double headroom,

        @Doc("Producer of the load; empty: inflight-load-producer, or the gateway's own ledger.") @Default("\"\"")
        String inFlightLoadProducerName) {}
