package dev.sluice.gateway.config;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * How many requests one endpoint holds at once.
 *
 * @param limit 1 to 100,000; empty when the gateway chooses
 */
public record Concurrency(OptionalInt limit) {
    static final class Form implements Codec<Concurrency> {
        private static final int MAX = 100_000;

        @Override
        public Optional<Concurrency> read(Node node, Reading at) {
            if (node instanceof Node.Scalar scalar && scalar.text().equals("auto")) {
                return Optional.of(new Concurrency(OptionalInt.empty()));
            }
            if (!(node instanceof Node.Scalar number) || number.kind() != Node.Kind.INTEGER) {
                return at.expected(notation(), node);
            }
            return Scalars.read(int.class, number, at)
                    .map(Integer.class::cast)
                    .flatMap(limit -> limit >= 1 && limit <= MAX
                            ? Optional.of(new Concurrency(OptionalInt.of(limit)))
                            : at.error(node, "must be 1 to " + MAX + ", is " + limit));
        }

        @Override
        public String notation() {
            return "auto or a whole number";
        }

        @Override
        public Map<String, Object> schema() {
            return Map.of(
                    "oneOf", List.of(Map.of("const", "auto"), Map.of("type", "integer", "minimum", 1, "maximum", MAX)));
        }

        @Override
        public Object show(Concurrency value) {
            return value.limit.isPresent() ? value.limit.getAsInt() : "auto";
        }
    }
}
