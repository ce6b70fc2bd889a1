package dev.sluice.gateway.config;

import static dev.sluice.gateway.config.LlmdType.Kind.DECIDER;
import static dev.sluice.gateway.config.LlmdType.Kind.FILTER;
import static dev.sluice.gateway.config.LlmdType.Kind.PICKER;
import static dev.sluice.gateway.config.LlmdType.Kind.PROFILE_HANDLER;
import static dev.sluice.gateway.config.LlmdType.Kind.SCORER;
import static dev.sluice.gateway.config.LlmdTypes.BUILT_IN;
import static dev.sluice.gateway.config.LlmdTypes.CLUSTERS;
import static dev.sluice.gateway.config.LlmdTypes.MULTIMODAL;
import static dev.sluice.gateway.config.LlmdTypes.alpha;
import static dev.sluice.gateway.config.LlmdTypes.current;
import static dev.sluice.gateway.config.LlmdTypes.deprecated;
import static dev.sluice.gateway.config.LlmdTypes.gone;
import static dev.sluice.gateway.config.LlmdTypes.nowCalled;
import static dev.sluice.gateway.config.LlmdTypes.refused;

import java.util.List;

/** Filters, scorers, pickers, profile handlers and deciders. */
final class LlmdScheduling {
    private static final String A_SCORER_DOES = "no release has it any more; its scorer does the same by degrees: ";

    private static final String SPLIT = "it became latency-scorer and slo-headroom-tier-filter: name those";
    private static final String PAIRS =
            "no release has it any more; least-work-pd-decider of disagg-profile-handler chooses both endpoints together";
    private static final String NO_HANDLER = "it went with its scorer, latency-scorer needs no handler of its own";

    static final List<LlmdType> TYPES = List.of(
            current(FILTER, "label-selector-filter", BUILT_IN),
            deprecated(FILTER, "by-label-selector", nowCalled("label-selector-filter")),
            deprecated(FILTER, "by-label", BUILT_IN),
            current(FILTER, "decode-filter", BUILT_IN),
            current(FILTER, "prefill-filter", BUILT_IN),
            current(FILTER, "encode-filter", BUILT_IN),
            current(FILTER, "context-length-aware", BUILT_IN),
            current(FILTER, "prefix-cache-affinity-filter", BUILT_IN),
            current(FILTER, "slo-headroom-tier-filter", BUILT_IN),
            alpha(FILTER, "session-affinity-filter", BUILT_IN),
            alpha(FILTER, "endpoint-attribute-filter", BUILT_IN),
            alpha(FILTER, "topology-affinity-filter", BUILT_IN),
            alpha(FILTER, "utilization-filter", BUILT_IN),
            alpha(FILTER, "multicluster-session-affinity-filter", CLUSTERS),
            current(
                    FILTER,
                    "header-based-testing-filter",
                    refused("it is for conformance tests: a client would choose its server")),
            gone(FILTER, "low-queue-filter", refused(A_SCORER_DOES + "queue-scorer")),
            gone(FILTER, "least-queue-filter", refused(A_SCORER_DOES + "queue-scorer")),
            gone(FILTER, "least-kv-cache-filter", refused(A_SCORER_DOES + "kv-cache-utilization-scorer")),
            gone(FILTER, "lora-affinity-filter", refused(A_SCORER_DOES + "lora-affinity-scorer")),
            gone(
                    FILTER,
                    "decision-tree-filter",
                    refused("no release has it any more; weights of scorers say what goes before what")),
            current(SCORER, "queue-scorer", BUILT_IN),
            current(SCORER, "running-requests-size-scorer", BUILT_IN),
            current(SCORER, "kv-cache-utilization-scorer", BUILT_IN),
            gone(SCORER, "kv-cache-scorer", nowCalled("kv-cache-utilization-scorer")),
            current(SCORER, "load-aware-scorer", BUILT_IN),
            current(SCORER, "lora-affinity-scorer", BUILT_IN),
            current(SCORER, "prefix-cache-scorer", BUILT_IN),
            gone(SCORER, "prefix-cache", nowCalled("prefix-cache-scorer")),
            current(SCORER, "precise-prefix-cache-scorer", BUILT_IN),
            gone(SCORER, "kvcache-aware-scorer", nowCalled("precise-prefix-cache-scorer")),
            current(SCORER, "active-request-scorer", BUILT_IN),
            current(SCORER, "token-load-scorer", BUILT_IN),
            current(SCORER, "no-hit-lru-scorer", BUILT_IN),
            current(SCORER, "mm-embeddings-cache-scorer", MULTIMODAL),
            current(SCORER, "latency-scorer", BUILT_IN),
            gone(SCORER, "slo-aware-routing", refused(SPLIT)),
            gone(SCORER, "predicted-latency-scorer", refused(SPLIT)),
            gone(SCORER, "pd-slo-pair-optimizer", refused(PAIRS)),
            alpha(SCORER, "session-affinity-scorer", BUILT_IN),
            alpha(SCORER, "header-label-affinity-scorer", BUILT_IN),
            alpha(SCORER, "endpoint-attribute-scorer", BUILT_IN),
            alpha(SCORER, "topology-affinity-scorer", BUILT_IN),
            alpha(
                    SCORER,
                    "thunder-agent",
                    refused("it pauses programs between their turns; program-aware-fairness shares by what they had")),
            alpha(
                    SCORER,
                    "lmetric-scorer",
                    refused("no release has it; least-work-scorer weighs the same, new tokens against batch")),
            alpha(SCORER, "latency-observation-scorer-hub", CLUSTERS),
            alpha(SCORER, "multicluster-queue-scorer", CLUSTERS),
            alpha(SCORER, "multicluster-kv-cache-utilization-scorer", CLUSTERS),
            alpha(SCORER, "multicluster-prefix-cache-scorer", CLUSTERS),
            current(PICKER, "max-score-picker", BUILT_IN),
            gone(PICKER, "max-score", nowCalled("max-score-picker")),
            current(PICKER, "random-picker", BUILT_IN),
            current(PICKER, "weighted-random-picker", BUILT_IN),
            current(PROFILE_HANDLER, "single-profile-handler", BUILT_IN),
            gone(PROFILE_HANDLER, "single-profile", nowCalled("single-profile-handler")),
            current(
                    PROFILE_HANDLER,
                    "data-parallel-profile-handler",
                    refused("list each data-parallel rank as an endpoint of its own, port by port")),
            current(PROFILE_HANDLER, "disagg-profile-handler", BUILT_IN),
            deprecated(PROFILE_HANDLER, "pd-profile-handler", BUILT_IN),
            gone(PROFILE_HANDLER, "pd-slo-profile-handler", refused(PAIRS)),
            gone(PROFILE_HANDLER, "slo-aware-profile-handler", refused(NO_HANDLER)),
            gone(PROFILE_HANDLER, "predicted-latency-profile-handler", refused(NO_HANDLER)),
            alpha(PROFILE_HANDLER, "header-profile-handler", BUILT_IN),
            current(DECIDER, "always-disagg-pd-decider", BUILT_IN),
            current(DECIDER, "prefix-based-pd-decider", BUILT_IN),
            current(DECIDER, "always-disagg-multimodal-decider", MULTIMODAL));

    private LlmdScheduling() {}
}
