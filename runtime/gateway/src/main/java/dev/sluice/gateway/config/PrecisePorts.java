package dev.sluice.gateway.config;

import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

/**
 * The ports of KV events in an {@code EndpointPickerConfig}: parameters of its precise prefix cache, which in llm-d is a plugin and
 * here is the pool's.
 */
final class PrecisePorts {
    private static final Set<String> TYPES = Set.of("precise-prefix-cache-producer", "precise-prefix-cache-scorer");
    private static final int PORT = 5557;

    private PrecisePorts() {}

    /** Empty when there is no such plugin, or it says that engines are not to be discovered. */
    static Optional<PoolConfig.KvEvents> of(Instances instances) {
        for (Map.Entry<String, Node> plugin : instances.written().entrySet()) {
            Optional<String> type = instances.type(plugin.getKey());
            if (type.isPresent()
                    && TYPES.contains(
                            LlmdTypes.find(type.get()).flatMap(LlmdType::alias).orElse(type.get()))) {
                Optional<Node> events = inside(plugin.getValue(), "kvEventsConfig");
                Optional<Node> ports = events.flatMap(node -> inside(node, "podDiscoveryConfig"));
                boolean off = events.flatMap(node -> text(node, "discoverPods")).equals(Optional.of("false"));
                int port = ports.flatMap(node -> text(node, "socketPort"))
                        .map(Integer::parseInt)
                        .orElse(PORT);
                int replay = ports.flatMap(node -> text(node, "replaySocketPort"))
                        .map(Integer::parseInt)
                        .orElse(0);
                return off ? Optional.empty() : Optional.of(new PoolConfig.KvEvents(port, OptionalInt.of(replay), 1));
            }
        }
        return Optional.empty();
    }

    private static Optional<Node> inside(Node node, String key) {
        return node instanceof Node.Mapping mapping ? mapping.find(key).map(Node.Entry::value) : Optional.empty();
    }

    private static Optional<String> text(Node node, String key) {
        return inside(node, key)
                .filter(Node.Scalar.class::isInstance)
                .map(Node.Scalar.class::cast)
                .map(Node.Scalar::text);
    }
}
