package dev.sluice.gateway.config;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What came of loading a file.
 *
 * @param file the file
 * @param config present exactly when there are no errors
 * @param errors all of them, in reading order
 * @param warnings what is allowed and worth saying
 * @param files every file that was read, the first included: what a reload must watch
 * @param positions where each path stands
 * @param catalog the types that the file was read with, those of its plugin directory included
 */
public record Loaded(
        Path file,
        Optional<GatewayConfig> config,
        List<ConfigError> errors,
        List<ConfigError> warnings,
        Set<Path> files,
        Map<String, Position> positions,
        Catalog catalog) {
    /** Copies the collections. */
    public Loaded {
        errors = List.copyOf(errors);
        warnings = List.copyOf(warnings);
        files = Set.copyOf(files);
        positions = Map.copyOf(positions);
    }

    /** An error at a path of this configuration, for what shows only when it is put into force. */
    public ConfigError error(String path, String message) {
        return ConfigError.at(positions.getOrDefault(path, Position.start(file.toString())), path, message);
    }
}
