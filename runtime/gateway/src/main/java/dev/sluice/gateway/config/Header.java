package dev.sluice.gateway.config;

import java.util.List;
import java.util.Optional;

/** {@code apiVersion} and {@code kind}: both may be left out and then mean what the reader expects. */
final class Header {
    static final List<String> OWN_VERSIONS = List.of("sluice.dev/v1");
    static final List<String> LLM_D_VERSIONS =
            List.of("llm-d.ai/v1", "llm-d.ai/v1alpha1", "inference.networking.x-k8s.io/v1alpha1", "sluice.dev/v1");

    private Header() {}

    /** The mapping without its header; empty when the header says that this is something else. */
    static Optional<Node> stripped(Node root, String kind, List<String> versions, Reading at) {
        if (!(root instanceof Node.Mapping mapping)) {
            return at.expected("a mapping", root);
        }
        boolean version = expect(mapping, "apiVersion", versions, at);
        boolean right = expect(mapping, "kind", List.of(kind), at);
        return version && right
                ? Optional.of(new Node.Mapping(
                        mapping.at(),
                        mapping.entries().stream()
                                .filter(entry -> !first(mapping, "apiVersion", entry) && !first(mapping, "kind", entry))
                                .toList()))
                : Optional.empty();
    }

    private static boolean first(Node.Mapping mapping, String key, Node.Entry entry) {
        return mapping.find(key).equals(Optional.of(entry));
    }

    private static boolean expect(Node.Mapping mapping, String key, List<String> allowed, Reading at) {
        Optional<Node.Entry> entry = mapping.find(key);
        if (entry.isEmpty()) {
            return true;
        }
        Node value = entry.get().value();
        if (value instanceof Node.Scalar scalar && allowed.contains(scalar.text())) {
            return true;
        }
        at.key(key).error(value, "expected " + String.join(" or ", allowed) + ", found " + value.describe());
        return false;
    }
}
