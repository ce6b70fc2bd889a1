package dev.sluice.plugins;

import dev.sluice.spi.Answer;
import dev.sluice.spi.Connector;
import dev.sluice.spi.Edit;
import dev.sluice.spi.Handover;
import dev.sluice.spi.Leg;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * vLLM's offloading connector with a P2P tier: the prefill engine keeps KV under an id of ours, the decode engine fetches it by
 * that id from the prefill engine's tier. Any engine can also fetch a cached prefix from a third one. Transcribed from llm-d's
 * connector; no engine has confirmed it (vLLM's CPU build refuses this connector).
 */
final class OffloadingConnector implements Connector {
    private final OffloadingConfig config;

    OffloadingConnector(OffloadingConfig config) {
        this.config = config;
    }

    @Override
    public Traits traits() {
        return new Traits(config.lease(), true, config.warmUp(), false, true, true);
    }

    @Override
    public Optional<Order> order(Handover handover) {
        return Optional.of(config.legs().equals("serial") ? Order.SERIAL : Order.PARALLEL);
    }

    @Override
    public Leg prefill(Handover handover) {
        String keep = "{\"remote_decoder\":{\"kv_request_id\":" + Edit.quote(handover.id()) + "}}";
        List<Edit> edits = new ArrayList<>(handover.oneToken());
        edits.addAll(handover.transferParams(TransferParams.with(keep, KvSource.member(handover, config.port()))));
        return Leg.of(edits);
    }

    @Override
    public Optional<Leg> decode(Handover handover, Optional<Answer> prefill) {
        String peer = KvSource.peer(handover.id(), handover.prefill(), config.port());
        return Optional.of(Leg.of(handover.transferParams("{\"remote_prefiller\":" + peer + "}")));
    }

    @Override
    public Optional<Leg> pull(Handover handover) {
        List<String> source = KvSource.member(handover, config.port());
        return source.isEmpty()
                ? Optional.empty()
                : Optional.of(Leg.of(handover.transferParams("{" + source.getFirst() + "}")));
    }
}
