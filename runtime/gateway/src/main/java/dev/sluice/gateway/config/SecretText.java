package dev.sluice.gateway.config;

import java.util.List;
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
            if (!(node instanceof Node.Mapping mapping)
                    || mapping.entries().size() != 1
                    || !(mapping.entries().getFirst().value() instanceof Node.Scalar named)
                    || named.kind() == Node.Kind.NOTHING
                    || named.text().isBlank()) {
                return at.expected(notation(), node);
            }
            Node.Entry entry = mapping.entries().getFirst();
            return switch (entry.key()) {
                case "file" -> fromFile(named, at.key("file"));
                case "env" ->
                    at.problems()
                            .environment(named.text())
                            .or(() -> at.key("env").error(named, "the environment has no " + named.text()))
                            .flatMap(value -> checked(value, named, at.key("env")));
                default ->
                    at.error(
                            entry.at(),
                            "unknown key \"" + entry.key() + "\"" + Nearest.hint(entry.key(), List.of("file", "env")));
            };
        }

        private static Optional<SecretText> fromFile(Node.Scalar named, Reading at) {
            return Paths.path(named, at)
                    .flatMap(path -> at.content(path, named))
                    .flatMap(content -> checked(content.stripTrailing(), named, at));
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
            return "{file: PATH} or {env: NAME}";
        }

        @Override
        public Map<String, Object> schema() {
            Map<String, Object> text = Map.of("type", "string", "minLength", 1);
            return Map.of(
                    "type",
                    "object",
                    "properties",
                    Map.of("file", text, "env", text),
                    "additionalProperties",
                    false,
                    "minProperties",
                    1,
                    "maxProperties",
                    1);
        }

        @Override
        public Object show(SecretText value) {
            return MASK;
        }
    }
}
