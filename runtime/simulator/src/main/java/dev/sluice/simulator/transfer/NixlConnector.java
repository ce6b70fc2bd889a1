package dev.sluice.simulator.transfer;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sluice.simulator.KvPin;
import dev.sluice.simulator.KvTransfer.Defect;
import java.util.ArrayList;
import java.util.List;

/**
 * vLLM's NixlConnector in pull mode, as version 0.32.0 was seen to behave: the prefill side's answer says where the blocks are,
 * and the decode side believes it. An empty object is nothing. Parameters without block ids kill the decode engine at once, ones
 * that do not say whose blocks they are when their request is aborted; until then it hangs.
 */
final class NixlConnector implements Connector {
    private final String host;
    private final int port;
    private final String engineId;
    private final long leaseNanos;

    NixlConnector(String host, int port, String engineId, long leaseNanos) {
        this.host = host;
        this.port = port;
        this.engineId = engineId;
        this.leaseNanos = leaseNanos;
    }

    @Override
    public Wish wish(ObjectNode body, ObjectNode params, String requestId, int promptTokens) {
        if (params.path("do_remote_prefill").asBoolean(false)) {
            var blocks = blocks(params.path("remote_block_ids"));
            if (blocks.isEmpty()) {
                return Wish.defect(promptTokens, Defect.NO_BLOCKS);
            }
            for (var field : List.of("remote_engine_id", "remote_request_id", "remote_host", "remote_port")) {
                if (!params.hasNonNull(field)) {
                    return Wish.defect(promptTokens, Defect.INCOMPLETE);
                }
            }
            return Wish.fetch(
                    promptTokens,
                    blocks.size(),
                    new Source(
                            params.path("remote_host").asText(),
                            params.path("remote_port").asInt(),
                            false,
                            params.path("remote_engine_id").asText(),
                            params.path("remote_request_id").asText(),
                            blocks,
                            0));
        }
        return params.path("do_remote_decode").asBoolean(false) ? Wish.keep(requestId, leaseNanos) : Wish.NONE;
    }

    /** Ids as a list, or as one list for each group of the cache: the first group's. */
    private static List<Integer> blocks(JsonNode ids) {
        var list = ids.path(0).isArray() ? ids.path(0) : ids;
        var blocks = new ArrayList<Integer>();
        list.forEach(id -> blocks.add(id.asInt()));
        return List.copyOf(blocks);
    }

    @Override
    public String answer(KvPin pin) {
        // The cached tokens are there only when the answer is one token long: captures 01 and 10.
        return "{\"do_remote_prefill\":true,\"do_remote_decode\":false,\"remote_block_ids\":["
                + pin.blocks().toString().replace(" ", "") + "],\"remote_engine_id\":\"" + engineId
                + "\",\"remote_request_id\":\"" + pin.key() + "\",\"remote_host\":\"" + host + "\",\"remote_port\":"
                + port + ",\"tp_size\":1,\"dcp_size\":1,\"pp_size\":1,\"remote_num_tokens\":" + pin.tokens()
                + ",\"remote_blocks_expiry_time\":null,\"transfer_mode\":\"pull\""
                + (pin.generated() == 1 ? ",\"remote_prefill_cached_tokens\":" + pin.cachedTokens() : "") + "}";
    }
}
