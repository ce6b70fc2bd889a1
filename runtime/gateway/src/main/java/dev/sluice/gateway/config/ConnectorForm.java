package dev.sluice.gateway.config;

import java.util.List;
import java.util.Map;
import java.util.Optional;

/** {@code none}; the names of what is to come are known, so that their refusal can say so. */
final class ConnectorForm implements Codec<PoolConfig.Connector> {
    private static final List<String> LATER =
            List.of("nixl", "shared-storage", "offloading", "lmcache", "mooncake", "sglang", "sidecar");

    @Override
    public Optional<PoolConfig.Connector> read(Node node, Reading at) {
        Node named = node instanceof Node.Mapping mapping
                ? mapping.find("type").map(Node.Entry::value).orElse(node)
                : node;
        if (!(named instanceof Node.Scalar scalar) || scalar.kind() != Node.Kind.TEXT) {
            return at.expected("none, or {type: NAME}", named);
        } else if (scalar.text().equals("none") && node instanceof Node.Scalar) {
            return Optional.of(PoolConfig.Connector.NONE);
        } else if (LATER.contains(scalar.text())) {
            return at.error(named, "connector " + scalar.text() + " is not supported yet");
        }
        return at.error(named, Scalars.notOneOf(scalar.text(), List.of("none")));
    }

    @Override
    public String notation() {
        return "none";
    }

    @Override
    public Map<String, Object> schema() {
        return Map.of("enum", List.of("none"));
    }

    @Override
    public Object show(PoolConfig.Connector value) {
        return Scalars.name(value);
    }
}
