package dev.sluice.plugins;

import dev.sluice.spi.Answer;
import dev.sluice.spi.Connector;
import dev.sluice.spi.Edit;
import dev.sluice.spi.Handover;
import dev.sluice.spi.Leg;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * LMCache's P/D backend where the decode engine pulls: the prefill engine is told under which id to keep what it computed and
 * where the receiver is, the decode engine is told the id. The variants in which the proxy itself owns a ZMQ socket, on which
 * ranks report, are not for us. Transcribed from published proxies; no engine has confirmed it.
 */
final class LmCacheHandoff implements Connector {
    private final LmCacheConfig config;

    LmCacheHandoff(LmCacheConfig config) {
        this.config = config;
    }

    @Override
    public Traits traits() {
        return new Traits(config.lease(), true, true, false, false, false);
    }

    @Override
    public Optional<Order> order(Handover handover) {
        return Optional.of(Order.SERIAL);
    }

    @Override
    public Leg prefill(Handover handover) {
        String spec = "{\"req_id\":" + Edit.quote(handover.id()) + ",\"receiver_host\":"
                + Edit.quote(KvAddress.host(handover.decode())) + ",\"receiver_init_port\":" + ports(config.initPort())
                + ",\"receiver_alloc_port\":" + ports(config.allocPort()) + "}";
        List<Edit> edits = new ArrayList<>(handover.oneToken());
        edits.addAll(handover.transferParams("{\"ret_first_tok\":false,\"disagg_spec\":" + spec + "}"));
        return Leg.of(edits);
    }

    private String ports(int first) {
        return IntStream.range(first, first + config.ranks())
                .mapToObj(Integer::toString)
                .collect(Collectors.joining(",", "[", "]"));
    }

    @Override
    public Optional<Leg> decode(Handover handover, Optional<Answer> prefill) {
        return Optional.of(
                Leg.of(handover.transferParams("{\"lmcache.pd_handoff_id\":" + Edit.quote(handover.id()) + "}")));
    }
}
