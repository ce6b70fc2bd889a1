package dev.sluice.knative;

/** Labels that Knative, KServe and Kubernetes write. */
final class Names {
    static final String SERVICE_TYPE = "networking.internal.knative.dev/serviceType";
    static final String REVISION = "serving.knative.dev/revision";
    static final String SERVICE = "serving.knative.dev/service";
    static final String SERVICE_NAME = "kubernetes.io/service-name";
    static final String ZONE = "topology.kubernetes.io/zone";
    static final String NODE = "kubernetes.io/hostname";
    /** Ours: the tags of a service's traffic that lead to a revision. */
    static final String TAG = "sluice.dev/tag";

    /** Ours: {@code timeoutSeconds} of a revision. */
    static final String TIME_LIMIT = "sluice.dev/time-limit";

    static final String MIN_SCALE = "autoscaling.knative.dev/min-scale";
    static final String MIN_SCALE_OLD = "autoscaling.knative.dev/minScale";
    static final String TARGET = "autoscaling.knative.dev/target";
    static final String UTILIZATION = "autoscaling.knative.dev/target-utilization-percentage";
    static final String METRIC = "autoscaling.knative.dev/metric";

    /**
     * Knative writes a Revision's annotations into the template of its pods, so that a new one replaces them all, but for those that begin
     * like this (knative.dev/serving, pkg/reconciler/revision/resources/meta.go).
     */
    private static final String NOT_FOR_PODS = "autoscaling.knative.dev.sluice.dev/";

    /** Ours: what min-scale was before it was raised ahead of need. */
    static final String MIN_SCALE_BEFORE = NOT_FOR_PODS + "min-scale-before";
    /** Ours: before which no gateway lowers it again. */
    static final String PREWARM_UNTIL = NOT_FOR_PODS + "prewarm-until";

    static final String INFERENCE_SERVICE = "serving.kserve.io/inferenceservice";
    static final String APP_NAME = "app.kubernetes.io/name";
    static final String PART_OF = "app.kubernetes.io/part-of";
    static final String COMPONENT = "app.kubernetes.io/component";

    private Names() {}
}
