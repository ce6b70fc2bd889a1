package dev.sluice.gateway.config;

import java.util.Comparator;

/**
 * One thing that is wrong in a configuration.
 *
 * @param file the file as its user named it
 * @param line from 1
 * @param column from 1
 * @param path where it is, such as {@code pools[0].timeouts.connect}; empty when it concerns the whole file
 * @param message what is wrong and what would be right
 */
public record ConfigError(String file, int line, int column, String path, String message)
        implements Comparable<ConfigError> {
    private static final Comparator<ConfigError> READING_ORDER = Comparator.comparing(ConfigError::file)
            .thenComparingInt(ConfigError::line)
            .thenComparingInt(ConfigError::column)
            .thenComparing(ConfigError::path)
            .thenComparing(ConfigError::message);

    static ConfigError at(Position position, String path, String message) {
        return new ConfigError(position.file(), position.line(), position.column(), path, message);
    }

    @Override
    public int compareTo(ConfigError other) {
        return READING_ORDER.compare(this, other);
    }

    /** {@code file:line:col: path: message}. */
    @Override
    public String toString() {
        return file + ":" + line + ":" + column + ": " + (path.isEmpty() ? "" : path + ": ") + message;
    }
}
