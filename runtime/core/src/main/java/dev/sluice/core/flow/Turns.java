package dev.sluice.core.flow;

import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** One request each, in turn, in the order of the flows' names: llm-d's {@code round-robin-fairness-policy}. */
final class Turns implements Fairness {
    private final TreeMap<String, Flow> waiting = new TreeMap<>();
    private String last = "";
    private boolean begun;

    @Override
    public void waiting(Flow flow, long now) {
        waiting.put(flow.name, flow);
    }

    @Override
    public void idle(Flow flow, long now) {
        waiting.remove(flow.name);
    }

    @Override
    public @Nullable Flow next(long now) {
        Map.Entry<String, Flow> after = begun ? waiting.higherEntry(last) : waiting.firstEntry();
        Map.Entry<String, Flow> next = after == null ? waiting.firstEntry() : after;
        return next == null ? null : next.getValue();
    }

    @Override
    public void served(Flow flow, Ticket ticket, long now) {
        last = flow.name;
        begun = true;
    }

    @Override
    public double ahead(Band band, @Nullable Flow flow, double weight, long work) {
        return Fairness.aheadInTurn(band, flow, work, waiting.size());
    }

    @Override
    public boolean remembers(Flow flow) {
        return false;
    }

    @Override
    public boolean forgetful() {
        return waiting.isEmpty();
    }
}
