package dev.sluice.simulator.transfer;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sluice.simulator.KvPin;

/** What one kind of connector reads from requests and writes into answers. Pure. */
interface Connector {
    /**
     * What a request wants.
     *
     * @param body of the request
     * @param params its {@code kv_transfer_params}, empty when it has none
     * @param requestId the engine's own name of the request
     * @param promptTokens length of its prompt
     */
    Wish wish(ObjectNode body, ObjectNode params, String requestId, int promptTokens);

    /** JSON of {@code kv_transfer_params} in the answer whose blocks were kept. */
    default String answer(KvPin pin) {
        return "null";
    }
}
