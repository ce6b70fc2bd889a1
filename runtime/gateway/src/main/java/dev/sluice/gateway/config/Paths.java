package dev.sluice.gateway.config;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/** Paths: relative ones are relative to the file that they stand in. */
final class Paths implements Codec<Path> {
    @Override
    public Optional<Path> read(Node node, Reading at) {
        return node instanceof Node.Scalar scalar && scalar.kind() == Node.Kind.TEXT
                ? path(scalar, at)
                : at.expected(notation(), node);
    }

    static Optional<Path> path(Node.Scalar scalar, Reading at) {
        if (scalar.text().isBlank()) {
            return at.error(scalar, "the path is empty");
        }
        try {
            return Optional.of(at.resolve(scalar.text()));
        } catch (InvalidPathException e) {
            return at.error(scalar, "is not a path: " + e.getReason());
        }
    }

    @Override
    public String notation() {
        return "a path";
    }

    @Override
    public Map<String, Object> schema() {
        return Map.of("type", "string", "minLength", 1);
    }
}
