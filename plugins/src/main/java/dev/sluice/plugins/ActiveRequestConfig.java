package dev.sluice.plugins;

import dev.sluice.spi.ConfigException;
import dev.sluice.spi.Default;
import dev.sluice.spi.Doc;
import dev.sluice.spi.Range;

/**
 * Parameters of {@code active-request-scorer}.
 *
 * @param idleThreshold requests up to which a candidate counts as idle and scores 1
 * @param maxBusyScore largest score of a candidate that is not idle
 * @param inFlightLoadProducerName who counts: empty, or llm-d's name of the default producer
 */
public record ActiveRequestConfig(
        @Doc("Requests in flight up to which an endpoint counts as idle and scores 1.") @Default("0") @Range(min = 0)
        int idleThreshold,

        @Doc("Largest score of an endpoint that is not idle.") @Default("1.0") @Range(min = 0, max = 1)
        double maxBusyScore,

        @Doc("Producer of the counts; only the default, the gateway's own ledger, is supported yet.") @Default("\"\"")
        String inFlightLoadProducerName) {

    private static final String DEFAULT_PRODUCER = "inflight-load-producer";

    /**
     * Checks the producer.
     *
     * @throws ConfigException when another one than the default is named
     */
    public ActiveRequestConfig {
        if (!inFlightLoadProducerName.isEmpty() && !inFlightLoadProducerName.equals(DEFAULT_PRODUCER)) {
            throw new ConfigException("inFlightLoadProducerName '" + inFlightLoadProducerName
                    + "' is not supported yet: counts come from the gateway's own ledger; leave the key out");
        }
    }
}
