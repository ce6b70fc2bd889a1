package dev.sluice.gateway.config;

import static dev.sluice.gateway.config.LlmdType.Kind.FLOW_CONTROL;
import static dev.sluice.gateway.config.LlmdType.Kind.SATURATION_DETECTOR;
import static dev.sluice.gateway.config.LlmdTypes.BUILT_IN;
import static dev.sluice.gateway.config.LlmdTypes.alpha;
import static dev.sluice.gateway.config.LlmdTypes.current;
import static dev.sluice.gateway.config.LlmdTypes.own;

import java.util.List;

/** What decides which request goes first, and when. */
final class LlmdFlowControl {
    static final List<LlmdType> TYPES = List.of(
            current(SATURATION_DETECTOR, "utilization-detector", BUILT_IN),
            current(SATURATION_DETECTOR, "concurrency-detector", BUILT_IN),
            current(FLOW_CONTROL, "global-strict-fairness-policy", FlowTypes.state("global-strict-fairness-policy")),
            current(FLOW_CONTROL, "round-robin-fairness-policy", FlowTypes.state("round-robin-fairness-policy")),
            current(FLOW_CONTROL, "program-aware-fairness", FlowTypes.state("program-aware-fairness")),
            current(FLOW_CONTROL, "fcfs-ordering-policy", FlowTypes.state("fcfs-ordering-policy")),
            current(FLOW_CONTROL, "edf-ordering-policy", FlowTypes.state("edf-ordering-policy")),
            current(FLOW_CONTROL, "slo-deadline-ordering-policy", FlowTypes.state("slo-deadline-ordering-policy")),
            current(FLOW_CONTROL, "static-usage-limit-policy", FlowTypes.state("static-usage-limit-policy")),
            alpha(FLOW_CONTROL, "priority-holdback-policy", FlowTypes.state("priority-holdback-policy")),
            alpha(FLOW_CONTROL, "soft-reflective-ceiling-policy", FlowTypes.state("soft-reflective-ceiling-policy")),
            alpha(FLOW_CONTROL, FlowTypes.SHEDDABLE, FlowTypes.state(FlowTypes.SHEDDABLE)),
            alpha(FLOW_CONTROL, FlowTypes.PRIORITY_THEN_TIME, FlowTypes.state(FlowTypes.PRIORITY_THEN_TIME)),
            own(FLOW_CONTROL, FlowTypes.FAIR_SHARE, FlowTypes.state(FlowTypes.FAIR_SHARE)),
            own(FLOW_CONTROL, FlowTypes.BATCH, FlowTypes.state(FlowTypes.BATCH)),
            own(SATURATION_DETECTOR, FlowTypes.PREDICTED_TTFT, FlowTypes.state(FlowTypes.PREDICTED_TTFT)));

    private LlmdFlowControl() {}
}
