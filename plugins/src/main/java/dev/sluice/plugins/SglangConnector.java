package dev.sluice.plugins;

import dev.sluice.spi.Answer;
import dev.sluice.spi.Connector;
import dev.sluice.spi.Edit;
import dev.sluice.spi.Handover;
import dev.sluice.spi.Leg;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * SGLang's disaggregation: both engines get the same request at once, with the prefill engine's bootstrap address and a room
 * that nobody else is in. A prefill server stops after its first token by itself. Transcribed from llm-d's connector; no engine
 * has confirmed it.
 */
final class SglangConnector implements Connector {
    private final SglangConfig config;

    SglangConnector(SglangConfig config) {
        this.config = config;
    }

    @Override
    public Traits traits() {
        return new Traits(Duration.ZERO, true, false, false, false, false);
    }

    @Override
    public Optional<Order> order(Handover handover) {
        return Optional.of(Order.PARALLEL);
    }

    @Override
    public Leg prefill(Handover handover) {
        return Leg.of(room(handover));
    }

    @Override
    public Optional<Leg> decode(Handover handover, Optional<Answer> prefill) {
        return Optional.of(Leg.of(room(handover)));
    }

    private List<Edit> room(Handover handover) {
        return List.of(
                Edit.set("bootstrap_host", Edit.quote(KvAddress.host(handover.prefill()))),
                Edit.set(
                        "bootstrap_port", Integer.toString(KvAddress.port(handover.prefill(), config.bootstrapPort()))),
                Edit.set("bootstrap_room", Long.toString(handover.random())));
    }
}
