package dev.sluice.gateway.config;

import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Parameters that wait for their type to be known. Nothing means none, as in llm-d. */
final class ParametersForm implements Codec<RoutingRows.Parameters> {
    @Override
    public Optional<RoutingRows.Parameters> read(Node node, Reading at) {
        boolean nothing = node instanceof Node.Scalar scalar && scalar.kind() == Node.Kind.NOTHING;
        return Optional.of(new RoutingRows.Parameters(nothing ? new Node.Mapping(node.at(), List.of()) : node));
    }

    @Override
    public String notation() {
        return "parameters of the type";
    }

    @Override
    public Map<String, Object> schema() {
        return Map.of("type", "object");
    }
}
