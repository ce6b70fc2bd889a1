package dev.sluice.core.flow;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Least attained service: llm-d's {@code program-aware-fairness} ({@code endpoint-picker.md} 7). A flow's service is the tokens that it
 * had, prompt once and answer twice, and halves with every half-life. The next is the flow with the highest
 * {@code service weight * (1 - norm(service)) + wait weight * norm(wait of its head)}, each spread over 0..1 between the least and the
 * most of those that wait, and 0.5 where they are equal; ties go by name. What all flows have changes with every look, so it
 * takes a look at each: linear in the flows that wait.
 */
final class LeastAttained implements Fairness {
    /** Most flows of which something is remembered; a client may name as many as it likes. */
    private static final int MOST = 10_000;

    private final FairnessKind.LeastService kind;
    private final TreeMap<String, Flow> waiting = new TreeMap<>();
    /** The one that was heard of last stands last. */
    private final Map<String, Service> services = new LinkedHashMap<>();

    private record Service(double tokens, long at) {}

    LeastAttained(FairnessKind.LeastService kind) {
        this.kind = kind;
    }

    @Override
    public void waiting(Flow flow, long now) {
        waiting.put(flow.name, flow);
    }

    @Override
    public void idle(Flow flow, long now) {
        waiting.remove(flow.name);
    }

    private double service(String flow, long now) {
        Service had = services.get(flow);
        double halfLife = Math.max(1, kind.halfLife().toNanos());
        return had == null ? 0 : had.tokens() * StrictMath.pow(0.5, Math.max(0, now - had.at()) / halfLife);
    }

    @Override
    public @Nullable Flow next(long now) {
        if (waiting.size() < 2) {
            return waiting.isEmpty() ? null : waiting.firstEntry().getValue();
        }
        double leastService = Double.POSITIVE_INFINITY;
        double mostService = Double.NEGATIVE_INFINITY;
        double leastWait = Double.POSITIVE_INFINITY;
        double mostWait = Double.NEGATIVE_INFINITY;
        for (Flow flow : waiting.values()) {
            double service = service(flow.name, now);
            double wait = wait(flow, now);
            leastService = Math.min(leastService, service);
            mostService = Math.max(mostService, service);
            leastWait = Math.min(leastWait, wait);
            mostWait = Math.max(mostWait, wait);
        }
        Flow best = null;
        double most = Double.NEGATIVE_INFINITY;
        for (Flow flow : waiting.values()) {
            double score = kind.service() * (1 - norm(service(flow.name, now), leastService, mostService))
                    + kind.headWait() * norm(wait(flow, now), leastWait, mostWait);
            if (best == null || score > most) {
                best = flow;
                most = score;
            }
        }
        return best;
    }

    private static double wait(Flow flow, long now) {
        Ticket head = flow.order.first();
        return head == null ? 0 : now - head.arrived;
    }

    private static double norm(double value, double least, double most) {
        return most > least ? (value - least) / (most - least) : 0.5;
    }

    @Override
    public void served(Flow flow, Ticket ticket, long now) {
        // What it had is known when it has ended.
    }

    @Override
    public void tokens(String flow, double tokens, long now) {
        double before = service(flow, now);
        services.remove(flow);
        services.put(flow, new Service(before + Math.max(0, tokens), now));
        var eldest = services.entrySet().iterator();
        while (eldest.hasNext()) {
            Service oldest = eldest.next().getValue();
            if (services.size() <= MOST && now - oldest.at() < kind.forget().toNanos()) {
                break;
            }
            eldest.remove();
        }
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
        return services.isEmpty();
    }
}
