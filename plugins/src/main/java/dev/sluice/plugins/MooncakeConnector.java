package dev.sluice.plugins;

import dev.sluice.spi.Answer;
import dev.sluice.spi.Connector;
import dev.sluice.spi.Edit;
import dev.sluice.spi.Endpoint;
import dev.sluice.spi.Handover;
import dev.sluice.spi.Leg;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * vLLM's Mooncake connector: both legs at once, matched by a transfer id. The decode engine is told the prefill engine's id and
 * where its bootstrap server is; the id comes from that server, by data-parallel rank, and the prefill leg is pinned to the rank
 * whose id was given. Transcribed from llm-d's connector; no engine has confirmed it.
 */
final class MooncakeConnector implements Connector {
    private final MooncakeConfig config;

    MooncakeConnector(MooncakeConfig config) {
        this.config = config;
    }

    @Override
    public Traits traits() {
        return new Traits(config.lease(), true, false, false, false, false);
    }

    @Override
    public Optional<Query> query(Endpoint prefill) {
        return Optional.of(new Query(KvAddress.port(prefill, config.bootstrapPort()), "/query"));
    }

    @Override
    public Optional<Order> order(Handover handover) {
        return rank(handover).map(rank -> Order.PARALLEL);
    }

    /** A rank of the prefill engine that has an id, in turn by the attempt's number. */
    private static Optional<String> rank(Handover handover) {
        return handover.known().flatMap(known -> {
            List<String> ranks = known.names().stream()
                    .filter(rank -> rank.matches("[0-9]{1,5}")
                            && known.text(rank, "engine_id").isPresent())
                    .toList();
            return ranks.isEmpty()
                    ? Optional.empty()
                    : Optional.of(ranks.get((int) (handover.random() % ranks.size())));
        });
    }

    @Override
    public Leg prefill(Handover handover) {
        List<Edit> edits = new ArrayList<>(handover.oneToken());
        edits.addAll(handover.transferParams("{\"do_remote_decode\":true,\"do_remote_prefill\":false,\"transfer_id\":"
                + transferId(handover) + "}"));
        Map<String, String> header =
                rank(handover).map(rank -> Map.of("x-data-parallel-rank", rank)).orElse(Map.of());
        return new Leg(edits, header);
    }

    @Override
    public Optional<Leg> decode(Handover handover, Optional<Answer> prefill) {
        Optional<String> engine =
                rank(handover).flatMap(rank -> handover.known().flatMap(known -> known.text(rank, "engine_id")));
        String address = "http://" + KvAddress.bracketed(KvAddress.host(handover.prefill())) + ":"
                + KvAddress.port(handover.prefill(), config.bootstrapPort());
        return engine.map(id -> Leg.of(handover.transferParams(
                "{\"do_remote_decode\":false,\"do_remote_prefill\":true,\"transfer_id\":" + transferId(handover)
                        + ",\"remote_bootstrap_addr\":" + Edit.quote(address) + ",\"remote_engine_id\":"
                        + Edit.quote(id) + "}")));
    }

    private static String transferId(Handover handover) {
        return Edit.quote("xfer-" + handover.id());
    }
}
