package dev.sluice.gateway.config;

import java.util.Map;
import java.util.Optional;

/**
 * A value that never shows. In a file it is only ever named: {@code {file: PATH}} or {@code {env: NAME}}.
 *
 * @param value the secret itself, without the newline that ends its file
 */
public record SecretText(String value) {
    /** What stands in its place wherever a configuration is printed. */
    static final String MASK = "***";

    /** Masked. */
    @Override
    public String toString() {
        return MASK;
    }

    static final class Form implements Codec<SecretText> {
        @Override
        public Optional<SecretText> read(Node node, Reading at) {
            if (node instanceof Node.Scalar scalar && scalar.kind() != Node.Kind.NOTHING) {
                return at.error(node, "a secret is never written here: use {file: PATH} or {env: NAME}");
            }
            return FileOrEnvironment.read(node, at)
                    .flatMap(from -> checked(
                            from.at().path().endsWith(".file") ? from.content().stripTrailing() : from.content(),
                            from.named(),
                            from.at()));
        }

        private static Optional<SecretText> checked(String value, Node node, Reading at) {
            if (value.isEmpty()) {
                return at.error(node, "the secret is empty");
            }
            return value.chars().anyMatch(c -> c < 0x20 || c == 0x7f)
                    ? at.error(node, "the secret holds control characters")
                    : Optional.of(new SecretText(value));
        }

        @Override
        public String notation() {
            return FileOrEnvironment.NOTATION;
        }

        @Override
        public Map<String, Object> schema() {
            return FileOrEnvironment.schema();
        }

        @Override
        public Object show(SecretText value) {
            return MASK;
        }
    }
}
