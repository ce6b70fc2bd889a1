package dev.sluice.gateway.config;

import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A text that a configuration names and never holds: {@code {file: PATH}} or {@code {env: NAME}}.
 *
 * @param content the file's or the variable's
 * @param named the node that names it, for errors
 * @param at where that node is
 */
record FileOrEnvironment(String content, Node named, Reading at) {
    static final String NOTATION = "{file: PATH} or {env: NAME}";

    /** Reads it; what is wrong is reported. */
    static Optional<FileOrEnvironment> read(Node node, Reading at) {
        if (!(node instanceof Node.Mapping mapping)
                || mapping.entries().size() != 1
                || !(mapping.entries().getFirst().value() instanceof Node.Scalar named)
                || named.kind() == Node.Kind.NOTHING
                || named.text().isBlank()) {
            return at.expected(NOTATION, node);
        }
        Node.Entry entry = mapping.entries().getFirst();
        Reading inside = at.key(entry.key());
        return switch (entry.key()) {
            case "file" ->
                Paths.path(named, inside)
                        .flatMap(path -> inside.content(path, named))
                        .map(content -> new FileOrEnvironment(content, named, inside));
            case "env" ->
                at.problems()
                        .environment(named.text())
                        .or(() -> inside.error(named, "the environment has no " + named.text()))
                        .map(content -> new FileOrEnvironment(content, named, inside));
            default ->
                at.error(
                        entry.at(),
                        "unknown key \"" + entry.key() + "\"" + Nearest.hint(entry.key(), List.of("file", "env")));
        };
    }

    static Map<String, Object> schema() {
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
}
