package dev.sluice.plugins;

import dev.sluice.spi.Answer;
import dev.sluice.spi.Connector;
import dev.sluice.spi.Edit;
import dev.sluice.spi.Handover;
import dev.sluice.spi.Leg;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * vLLM's NIXL connectors.
 *
 * <p><b>Pull.</b> The prefill engine computes, samples one token, keeps its blocks and answers where they are; the decode
 * engine is given that answer's {@code kv_transfer_params} as they came, reads the blocks, and tells the prefill engine to free
 * them. Golden exchanges are captured from vLLM 0.32.
 *
 * <p><b>Push.</b> The prefill engine writes into the decode engine's blocks, so both legs go out at once, matched by a {@code
 * transfer_id} of ours. The decode engine must know where the prefill engine is before that one has answered; what never changes
 * of an answer is remembered for that, and the first exchange with an engine is serial. Transcribed from vLLM's design document;
 * no engine has confirmed it.
 */
final class NixlConnector implements Connector {
    private static final List<String> IDENTITY = List.of("remote_engine_id", "remote_host", "remote_port");
    private static final List<String> SHAPE = List.of("tp_size", "dcp_size", "pp_size");
    private static final String ASK = "\"do_remote_decode\":true,\"do_remote_prefill\":false,"
            + "\"remote_engine_id\":null,\"remote_block_ids\":null,\"remote_host\":null,\"remote_port\":null";

    private final NixlConfig config;
    private final boolean push;

    NixlConnector(NixlConfig config) {
        this.config = config;
        this.push = config.mode().equals("push");
    }

    @Override
    public Traits traits() {
        Duration lease = config.lease();
        return new Traits(lease, true, config.warmUp(), false, config.p2pPull(), !push);
    }

    @Override
    public Optional<Order> order(Handover handover) {
        return Optional.of(push && handover.known().isPresent() ? Order.PARALLEL : Order.SERIAL);
    }

    @Override
    public Leg prefill(Handover handover) {
        List<String> more = new ArrayList<>(2);
        if (push) {
            more.add(transferId(handover));
        }
        if (config.p2pPull()) {
            more.addAll(KvSource.member(handover, config.p2pPort()));
        }
        List<Edit> edits = new ArrayList<>(handover.oneToken());
        edits.addAll(handover.transferParams(TransferParams.with("{" + ASK + "}", more)));
        return Leg.of(edits);
    }

    @Override
    public Optional<Leg> decode(Handover handover, Optional<Answer> prefill) {
        Optional<String> params = prefill.isPresent()
                ? prefill.flatMap(answer -> TransferParams.whole(answer, config.requestIdOptional()))
                : handover.known()
                        .flatMap(known -> known.json(TransferParams.FIELD))
                        .filter(json -> json.startsWith("{"));
        return params.map(json -> push ? TransferParams.with(json, List.of(transferId(handover))) : json)
                .map(json -> Leg.of(handover.transferParams(json)));
    }

    private static String transferId(Handover handover) {
        return "\"transfer_id\":" + Edit.quote(handover.id());
    }

    @Override
    public Optional<String> remember(Answer prefill) {
        if (!push || !prefill.text(TransferParams.FIELD, "transfer_mode").equals(Optional.of("push"))) {
            return Optional.empty();
        }
        return TransferParams.some(prefill, IDENTITY, SHAPE)
                .map(who -> TransferParams.with(
                        "{\"do_remote_prefill\":true,\"do_remote_decode\":false}",
                        List.of(who.substring(1, who.length() - 1), "\"transfer_mode\":\"push\"")))
                .map(params -> "{\"" + TransferParams.FIELD + "\":" + params + "}");
    }

    @Override
    public Optional<Leg> pull(Handover handover) {
        List<String> source = config.p2pPull() ? KvSource.member(handover, config.p2pPort()) : List.of();
        return source.isEmpty()
                ? Optional.empty()
                : Optional.of(Leg.of(handover.transferParams("{" + source.getFirst() + "}")));
    }
}
