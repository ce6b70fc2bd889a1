package dev.sluice.plugins;

import dev.sluice.spi.Answer;
import dev.sluice.spi.Connector;
import dev.sluice.spi.Handover;
import dev.sluice.spi.Leg;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * Engines that find KV in a store that they share, by the prompt's tokens alone: vLLM's example connector (files), and LMCache
 * without its P/D backend. First the prompt on one engine, then the client's request, unchanged, on the other. Nothing is
 * handed over that could be lost, and nothing is pinned.
 *
 * <p>vLLM's example connector ignores {@code cache_salt} (captured from 0.32): what one tenant's request left is found by all.
 */
final class SharedStorageConnector implements Connector {
    private final boolean ignoresSalt;
    private final boolean pulls;

    /**
     * @param ignoresSalt as in {@link Traits}
     * @param pulls the store holds what any engine computed, so that others find it without being told
     */
    SharedStorageConnector(boolean ignoresSalt, boolean pulls) {
        this.ignoresSalt = ignoresSalt;
        this.pulls = pulls;
    }

    @Override
    public Traits traits() {
        return new Traits(Duration.ZERO, false, false, ignoresSalt, pulls, true);
    }

    @Override
    public Optional<Order> order(Handover handover) {
        return Optional.of(Order.SERIAL);
    }

    @Override
    public Leg prefill(Handover handover) {
        return Leg.of(handover.oneToken());
    }

    @Override
    public Optional<Leg> decode(Handover handover, Optional<Answer> prefill) {
        return Optional.of(Leg.of(List.of()));
    }

    @Override
    public Optional<Leg> pull(Handover handover) {
        return pulls ? Optional.of(Leg.of(List.of())) : Optional.empty();
    }
}
