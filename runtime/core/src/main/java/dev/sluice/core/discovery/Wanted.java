package dev.sluice.core.discovery;

/** What is looked for, as a pool's configuration says. */
public sealed interface Wanted {
    /** The namespace in which it is looked for. */
    String namespace();

    /**
     * Knative revisions.
     *
     * @param selector labels that they carry, as {@code a=b,c}; empty for all in the namespace
     */
    record Knative(String namespace, String selector) implements Wanted {}

    /** KServe's InferenceService or LLMInferenceService of this name. */
    record Kserve(String namespace, String name) implements Wanted {}

    /** The pods that an InferencePool selects. */
    record InferencePool(String namespace, String name) implements Wanted {}

    /**
     * Pods.
     *
     * @param selector labels that they carry
     * @param port where their engines listen
     */
    record Pods(String namespace, String selector, int port) implements Wanted {}
}
