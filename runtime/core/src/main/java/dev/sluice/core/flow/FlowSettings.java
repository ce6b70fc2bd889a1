package dev.sluice.core.flow;

import dev.sluice.core.flow.AdmissionQueue.Bounds;
import java.util.Map;
import java.util.TreeMap;

/**
 * How requests wait for a place in a pool.
 *
 * @param total how much may wait in all
 * @param bands rules of single priorities
 * @param standard rules of priorities from 0 up that have none of their own
 * @param negative rules of priorities below 0 that have none of their own
 * @param pushOut a request that comes to a full queue pushes out waiting ones of lower priority, and within its own priority those
 *     of a flow that has more waiting, for its weight, than its own
 * @param early a request is refused at once when it would wait longer than it may, by the speed at which the queue is seen to move
 */
public record FlowSettings(
        Bounds total, Map<Integer, Rules> bands, Rules standard, Rules negative, boolean pushOut, boolean early) {
    /** No bound that is ever met. */
    public static final Bounds UNBOUNDED = new Bounds(Integer.MAX_VALUE, Long.MAX_VALUE);

    /** Keeps a copy of the bands, in order. */
    public FlowSettings {
        bands = java.util.Collections.unmodifiableMap(new TreeMap<>(bands));
    }

    /**
     * How requests of one priority wait.
     *
     * @param bounds how much of this priority may wait
     * @param flowBounds how much of one flow of this priority may wait
     * @param fairness how turns are given to flows
     * @param ordering how tickets of one flow leave; of all flows, where they are one
     * @param patience how long they may wait
     */
    public record Rules(
            Bounds bounds, Bounds flowBounds, FairnessKind fairness, Ordering.Kind ordering, Patience patience) {
        /** Rules with the gateway's own patience. */
        public Rules(Bounds bounds, Bounds flowBounds, FairnessKind fairness, Ordering.Kind ordering) {
            this(bounds, flowBounds, fairness, ordering, Patience.STANDARD);
        }

        /** Rules without a bound of their own. */
        public static Rules of(FairnessKind fairness, Ordering.Kind ordering) {
            return new Rules(UNBOUNDED, UNBOUNDED, fairness, ordering);
        }
    }

    /**
     * How long requests may wait, ns.
     *
     * @param nanos while some endpoint is in service
     * @param withoutEndpoint while none is; 0: they are refused at once
     */
    public record Patience(long nanos, long withoutEndpoint) {
        /** Ten seconds, and not at all. */
        public static final Patience STANDARD = new Patience(10_000_000_000L, 0);
    }

    /** All flows are one, and nothing is pushed out: within a priority, first in, first out. */
    public static FlowSettings plain(Bounds total) {
        Rules rules = Rules.of(FairnessKind.STRICT, Ordering.Kind.FIFO);
        return new FlowSettings(total, Map.of(), rules, rules, false, false);
    }

    /** The gateway's own: shares by weight, first in, first out within a flow, who has too much is pushed out. */
    public static FlowSettings fair(Bounds total) {
        Rules rules = Rules.of(FairnessKind.SHARES, Ordering.Kind.FIFO);
        return new FlowSettings(total, Map.of(), rules, rules, true, true);
    }

    /** Rules of a priority. */
    public Rules rules(int priority) {
        Rules own = bands.get(priority);
        return own != null ? own : priority < 0 ? negative : standard;
    }
}
