package dev.sluice.gateway.plugin;

import dev.sluice.spi.Answer;
import dev.sluice.spi.Connector;
import dev.sluice.spi.Endpoint;
import dev.sluice.spi.Handover;
import dev.sluice.spi.Leg;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** A third party's connector. What it does wrong costs a request its second engine, and nothing else. */
final class GuardedConnector extends GuardedPart<Connector> implements Connector {
    /** Asked once: they do not change, and pools are built from them. */
    private final Traits traits;

    GuardedConnector(PluginGuard.Seat seat, Connector own) {
        super(seat, own);
        this.traits = own.traits();
    }

    @Override
    public Traits traits() {
        return traits;
    }

    private <T> T told(Ask<T> question) {
        List<T> said = new ArrayList<>(1);
        ask(own -> said.add(question.of(own)));
        return said.getFirst();
    }

    private interface Ask<T> {
        T of(Connector own);
    }

    @Override
    public Optional<Query> query(Endpoint prefill) {
        return told(own -> own.query(prefill));
    }

    @Override
    public Optional<Order> order(Handover handover) {
        return told(own -> own.order(handover));
    }

    @Override
    public Leg prefill(Handover handover) {
        return told(own -> own.prefill(handover));
    }

    @Override
    public Optional<Leg> decode(Handover handover, Optional<Answer> prefill) {
        return told(own -> own.decode(handover, prefill));
    }

    @Override
    public Optional<String> remember(Answer prefill) {
        return told(own -> own.remember(prefill));
    }

    @Override
    public Optional<Leg> pull(Handover handover) {
        return told(own -> own.pull(handover));
    }

    @Override
    public void close() {
        // The instance itself is closed by whoever created it.
    }
}
