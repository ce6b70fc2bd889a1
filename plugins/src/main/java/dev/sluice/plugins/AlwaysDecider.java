package dev.sluice.plugins;

import dev.sluice.spi.Candidates;
import dev.sluice.spi.Decider;
import dev.sluice.spi.Request;

/** llm-d's {@code always-disagg-pd-decider}. */
final class AlwaysDecider implements Decider {
    @Override
    public boolean disaggregate(Request request, Candidates decode, int chosen) {
        return true;
    }
}
