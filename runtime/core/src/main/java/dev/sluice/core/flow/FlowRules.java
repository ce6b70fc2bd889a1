package dev.sluice.core.flow;

import dev.sluice.core.flow.AdmissionQueue.Bounds;

/**
 * All that flow control of one pool goes by.
 *
 * @param settings of the queue
 * @param saturation how full the pool is
 * @param ceilings how full each band may fill it
 * @param eviction whether requests that run are taken back for others that wait
 */
public record FlowRules(FlowSettings settings, Saturation saturation, Ceilings ceilings, Eviction.Rules eviction) {
    /** Time that a prompt may wait in the least loaded engine before requests are held back, ms: see {@link Saturation#leastWait}. */
    public static final double TTFT_MS = 500;
    /** Share of that with which batch traffic is held back already. */
    public static final double BATCH = 0.5;

    /** Rules by which what runs goes on running. */
    public FlowRules(FlowSettings settings, Saturation saturation, Ceilings ceilings) {
        this(settings, saturation, ceilings, Eviction.Rules.OFF);
    }

    /** Higher priorities first, else in order of arrival, as long as endpoints have room. */
    public static FlowRules plain(Bounds total) {
        return new FlowRules(FlowSettings.plain(total), Saturation.NONE, Ceilings.same(1));
    }

    /** The gateway's own where nothing is configured. */
    public static FlowRules standard(Bounds total) {
        return new FlowRules(FlowSettings.fair(total), Saturation.leastWait(TTFT_MS), Ceilings.batch(1, BATCH));
    }
}
