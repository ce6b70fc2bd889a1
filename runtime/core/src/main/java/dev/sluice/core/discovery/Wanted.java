package dev.sluice.core.discovery;

/** What is looked for, as a pool's configuration says. */
public sealed interface Wanted {
    /** The namespace in which it is looked for. */
    String namespace();

    /** What is looked for there, for people. */
    String words();

    /**
     * Knative revisions.
     *
     * @param selector labels that they carry, as {@code a=b,c}; empty for all in the namespace
     */
    record Knative(String namespace, String selector) implements Wanted {
        @Override
        public String words() {
            return "revisions " + selector;
        }
    }

    /** KServe's InferenceService or LLMInferenceService of this name. */
    record Kserve(String namespace, String name) implements Wanted {
        @Override
        public String words() {
            return name;
        }
    }

    /** The pods that an InferencePool selects. */
    record InferencePool(String namespace, String name) implements Wanted {
        @Override
        public String words() {
            return name;
        }
    }

    /**
     * Pods.
     *
     * @param selector labels that they carry
     * @param port where their engines listen
     */
    record Pods(String namespace, String selector, int port) implements Wanted {
        @Override
        public String words() {
            return "pods " + selector;
        }
    }
}
