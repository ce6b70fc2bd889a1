package dev.sluice.plugins;

import dev.sluice.spi.Edit;
import dev.sluice.spi.Endpoint;
import dev.sluice.spi.Handover;
import java.util.List;

/** {@code remote_kv_source} of vLLM's offloading connector: where an engine with a P2P tier fetches a cached prefix from. */
final class KvSource {
    private KvSource() {}

    /** The member that names the source of a handover; none when it has no source. */
    static List<String> member(Handover handover, int port) {
        return handover.source()
                .map(source -> List.of("\"remote_kv_source\":" + peer(handover.id() + "-src", source, port)))
                .orElse(List.of());
    }

    /** How one engine is told of another's P2P tier. */
    static String peer(String requestId, Endpoint peer, int port) {
        return "{\"kv_request_id\":" + Edit.quote(requestId) + ",\"remote_host\":" + Edit.quote(KvAddress.host(peer))
                + ",\"remote_port\":" + KvAddress.port(peer, port) + "}";
    }
}
