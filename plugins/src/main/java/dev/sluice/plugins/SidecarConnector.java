package dev.sluice.plugins;

import dev.sluice.spi.Answer;
import dev.sluice.spi.Connector;
import dev.sluice.spi.Handover;
import dev.sluice.spi.Leg;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * llm-d's routing sidecar before each decode engine, for deployments that keep it: one leg, and headers that name the others.
 * The sidecar makes the prefill leg, restores the fields and corrects the usage.
 */
final class SidecarConnector implements Connector {
    @Override
    public Traits traits() {
        return new Traits(Duration.ZERO, true, false, false, true, false, true);
    }

    @Override
    public Optional<Order> order(Handover handover) {
        return Optional.of(Order.DELEGATED);
    }

    @Override
    public Leg prefill(Handover handover) {
        return Leg.of(List.of());
    }

    @Override
    public Optional<Leg> decode(Handover handover, Optional<Answer> prefill) {
        Map<String, String> headers = new TreeMap<>();
        headers.put("x-prefiller-host-port", handover.prefill().address());
        handover.source().ifPresent(source -> headers.put("x-kv-cache-source-host-port", source.address()));
        return Optional.of(new Leg(List.of(), headers));
    }

    @Override
    public Optional<Leg> pull(Handover handover) {
        return handover.source()
                .map(source -> new Leg(List.of(), Map.of("x-kv-cache-source-host-port", source.address())));
    }
}
