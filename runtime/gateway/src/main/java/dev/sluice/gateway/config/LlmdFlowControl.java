package dev.sluice.gateway.config;

import static dev.sluice.gateway.config.LlmdType.Kind.FLOW_CONTROL;
import static dev.sluice.gateway.config.LlmdType.Kind.SATURATION_DETECTOR;
import static dev.sluice.gateway.config.LlmdTypes.BUILT_IN;
import static dev.sluice.gateway.config.LlmdTypes.alpha;
import static dev.sluice.gateway.config.LlmdTypes.current;

import java.util.List;

/** What decides which request goes first, and when. */
final class LlmdFlowControl {
    static final List<LlmdType> TYPES = List.of(
            current(SATURATION_DETECTOR, "utilization-detector", BUILT_IN),
            current(SATURATION_DETECTOR, "concurrency-detector", BUILT_IN),
            current(FLOW_CONTROL, "global-strict-fairness-policy", LlmdTypes.FLOW_CONTROL),
            current(FLOW_CONTROL, "round-robin-fairness-policy", LlmdTypes.FLOW_CONTROL),
            current(FLOW_CONTROL, "program-aware-fairness", LlmdTypes.FLOW_CONTROL),
            current(FLOW_CONTROL, "fcfs-ordering-policy", LlmdTypes.FLOW_CONTROL),
            current(FLOW_CONTROL, "edf-ordering-policy", LlmdTypes.FLOW_CONTROL),
            current(FLOW_CONTROL, "slo-deadline-ordering-policy", LlmdTypes.FLOW_CONTROL),
            current(FLOW_CONTROL, "static-usage-limit-policy", LlmdTypes.FLOW_CONTROL),
            alpha(FLOW_CONTROL, "priority-holdback-policy", LlmdTypes.FLOW_CONTROL),
            alpha(FLOW_CONTROL, "soft-reflective-ceiling-policy", LlmdTypes.FLOW_CONTROL),
            alpha(FLOW_CONTROL, "sheddable-eviction-filter", LlmdTypes.FLOW_CONTROL),
            alpha(FLOW_CONTROL, "priority-then-time-eviction-order-policy", LlmdTypes.FLOW_CONTROL));

    private LlmdFlowControl() {}
}
