package dev.sluice.gateway.config;

import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;

/** What comes to light during one load: errors, warnings, the place of each path, and the files that were read. */
final class Problems {
    private final Set<ConfigError> errors = new TreeSet<>();
    private final Set<ConfigError> warnings = new TreeSet<>();
    private final Map<String, Position> positions = new HashMap<>();
    private final Set<Path> files = new LinkedHashSet<>();
    private final Function<String, Optional<String>> environment;

    Problems(Function<String, Optional<String>> environment) {
        this.environment = environment;
    }

    void error(Position at, String path, String message) {
        errors.add(ConfigError.at(at, path, message));
    }

    /** An error at a path that was read before; at the start of {@code file} when it was not. */
    void errorAt(String file, String path, String message) {
        error(position(file, path), path, message);
    }

    void warning(Position at, String path, String message) {
        warnings.add(ConfigError.at(at, path, message));
    }

    void warningAt(String file, String path, String message) {
        warning(position(file, path), path, message);
    }

    void seen(String path, Position at) {
        positions.putIfAbsent(path, at);
    }

    void read(Path file) {
        files.add(file);
    }

    Optional<String> environment(String name) {
        return environment.apply(name);
    }

    boolean none() {
        return errors.isEmpty();
    }

    List<ConfigError> errors() {
        return List.copyOf(errors);
    }

    List<ConfigError> warnings() {
        return List.copyOf(warnings);
    }

    Position position(String file, String path) {
        return positions.getOrDefault(path, Position.start(file));
    }

    Map<String, Position> positions() {
        return Map.copyOf(positions);
    }

    Set<Path> files() {
        return Set.copyOf(files);
    }
}
