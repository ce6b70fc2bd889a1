package dev.sluice.gateway.config;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A tenant file as it was read.
 *
 * @param path the file
 * @param tenant whose it is, as far as that could be read; else empty
 * @param config present exactly when there are no errors
 * @param keys those that could be read, whatever else is wrong with the file
 * @param match the same of rules for tokens
 * @param errors all of them, in reading order
 * @param warnings what is allowed and worth saying
 * @param positions where each path stands
 */
public record TenantFile(
        Path path,
        String tenant,
        Optional<TenantConfig> config,
        List<TenantConfig.Key> keys,
        List<TenantConfig.Match> match,
        List<ConfigError> errors,
        List<ConfigError> warnings,
        Map<String, Position> positions) {
    /** Copies the collections. */
    public TenantFile {
        keys = List.copyOf(keys);
        match = List.copyOf(match);
        errors = List.copyOf(errors);
        warnings = List.copyOf(warnings);
        positions = Map.copyOf(positions);
    }

    /** The same with further errors: it is not to be put into force. */
    public TenantFile with(List<ConfigError> more) {
        if (more.isEmpty()) {
            return this;
        }
        List<ConfigError> all = new ArrayList<>(errors);
        all.addAll(more);
        return new TenantFile(path, tenant, Optional.empty(), keys, match, all, warnings, positions);
    }

    /** Reads a file's text, and checks it against the gateway that it is for. */
    public static TenantFile read(Path path, String text, GatewayConfig gateway, Catalog catalog) {
        return new TenantReader(path, gateway, catalog).read(text);
    }

    /** A file that can't be read. */
    public static TenantFile unreadable(Path path, String why) {
        return new TenantFile(
                path,
                "",
                Optional.empty(),
                List.of(),
                List.of(),
                List.of(ConfigError.at(Position.start(path.toString()), "", why)),
                List.of(),
                Map.of());
    }

    /** An error at a path of this file. */
    public ConfigError error(String at, String message) {
        return ConfigError.at(positions.getOrDefault(at, Position.start(path.toString())), at, message);
    }

    /** Where a value is written, as {@code file:line}; empty when it is not. */
    public Optional<String> written(String at) {
        Position position = positions.get(at);
        int dot = at.lastIndexOf('.');
        Position around = positions.get(dot < 0 ? "" : at.substring(0, dot));
        return position == null || position.equals(around)
                ? Optional.empty()
                : Optional.of(position.file() + ":" + position.line());
    }
}
