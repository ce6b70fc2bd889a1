package dev.sluice.gateway.config;

import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/** A Kubernetes quantity, such as {@code 500}, {@code 1k}, {@code 10Gi}. Kept as it is written: nothing here reckons with one yet. */
record Quantity(String text) {
    static final class Form implements Codec<Quantity> {
        private static final Pattern FORM =
                Pattern.compile("[0-9]{1,18}(\\.[0-9]{1,9})?([eE][0-9]{1,2}|[numkMGTPE]|[KMGTPE]i)?");

        @Override
        public Optional<Quantity> read(Node node, Reading at) {
            return node instanceof Node.Scalar scalar
                            && FORM.matcher(scalar.text()).matches()
                    ? Optional.of(new Quantity(scalar.text()))
                    : at.expected(notation(), node);
        }

        @Override
        public String notation() {
            return "a quantity such as 500, 1k, 10Gi";
        }

        @Override
        public Map<String, Object> schema() {
            return Map.of("type", "string", "pattern", "^" + FORM.pattern() + "$");
        }
    }
}
