package dev.sluice.gateway.config;

import java.util.Map;
import java.util.Optional;

/** A port, as a number or, as llm-d's endpoints files have it, as a number in quotes. */
public record Port(int number) {
    private static final int MAX = 65535;

    static final class Form implements Codec<Port> {
        @Override
        public Optional<Port> read(Node node, Reading at) {
            if (!(node instanceof Node.Scalar scalar) || !scalar.text().matches("[0-9]{1,9}")) {
                return at.expected(notation(), node);
            }
            int number = Integer.parseInt(scalar.text());
            return number >= 1 && number <= MAX
                    ? Optional.of(new Port(number))
                    : at.error(node, "must be 1 to " + MAX + ", is " + number);
        }

        @Override
        public String notation() {
            return "a whole number, 1 to " + MAX;
        }

        @Override
        public Map<String, Object> schema() {
            return Map.of(
                    "oneOf",
                    java.util.List.of(
                            Map.of("type", "integer", "minimum", 1, "maximum", MAX),
                            Map.of("type", "string", "pattern", "^[0-9]{1,5}$")));
        }

        @Override
        public Object show(Port value) {
            return value.number;
        }
    }
}
