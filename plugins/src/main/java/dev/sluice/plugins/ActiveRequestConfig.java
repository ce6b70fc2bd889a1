package dev.sluice.plugins;

import dev.sluice.spi.Default;
import dev.sluice.spi.Doc;
import dev.sluice.spi.Range;

/**
 * Parameters of {@code active-request-scorer}.
 *
 * @param idleThreshold requests up to which a candidate counts as idle and scores 1
 * @param maxBusyScore largest score of a candidate that is not idle
 * @param inFlightLoadProducerName who counts; empty: the default
 */
public record ActiveRequestConfig(
        @Doc("Requests in flight up to which an endpoint counts as idle and scores 1.") @Default("0") @Range(min = 0)
        int idleThreshold,

        @Doc("Largest score of an endpoint that is not idle.") @Default("1.0") @Range(min = 0, max = 1)
        double maxBusyScore,

        @Doc("Producer of the load; empty: inflight-load-producer, or the gateway's own ledger.") @Default("\"\"")
        String inFlightLoadProducerName) {}
