package dev.sluice.plugins;

import dev.sluice.spi.Candidates;
import dev.sluice.spi.PluginContext;
import dev.sluice.spi.Signal;
import java.util.Optional;

/**
 * What is in flight at each candidate: from the gateway's own ledger, or from a producer's attributes {@code
 * NAME/requests} and {@code NAME/tokens}. NaN when it is unknown.
 *
 * @param requests name of the attribute
 * @param tokens name of the attribute
 * @param ledger true when the ledger is read instead
 */
record InFlightLoad(String requests, String tokens, boolean ledger) {
    static final String PRODUCER = "inflight-load-producer";

    /** The gateway's own ledger. */
    static final InFlightLoad LEDGER = new InFlightLoad("", "", true);

    /** @throws dev.sluice.spi.ConfigException when there is no such producer */
    static InFlightLoad of(String producer, PluginContext context) {
        Optional<String> prefix = Producers.prefix(producer, PRODUCER, context);
        return prefix.map(name -> new InFlightLoad(requests(name), tokens(name), false))
                .orElse(LEDGER);
    }

    double requests(Candidates candidates, int index) {
        return ledger
                ? Known.amount(candidates, index, Signal.IN_FLIGHT_REQUESTS)
                : Known.amountOr(candidates.attribute(index, requests), Double.NaN);
    }

    double tokens(Candidates candidates, int index) {
        return ledger
                ? Known.amount(candidates, index, Signal.IN_FLIGHT_TOKENS)
                : Known.amountOr(candidates.attribute(index, tokens), Double.NaN);
    }

    static String requests(String producer) {
        return producer + "/requests";
    }

    static String tokens(String producer) {
        return producer + "/tokens";
    }
}
