package dev.sluice.gateway.config;

import java.util.Locale;
import java.util.regex.Pattern;

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
    private static final Pattern CONTROL = Pattern.compile("[\\p{Cntrl}\\u2028\\u2029]");

    /** What a file says is quoted in messages: one of them is one line, whatever stands there. */
    public ConfigError {
        path = line(path);
        message = line(message);
    }

    private static String line(String text) {
        return CONTROL.matcher(text)
                .replaceAll(each -> each.group().equals("\n")
                        ? "\\\\n"
                        : String.format(
                                Locale.ROOT, "\\\\u%04x", (int) each.group().charAt(0)));
    }

    static ConfigError at(Position position, String path, String message) {
        return new ConfigError(position.file(), position.line(), position.column(), path, message);
    }

    /** In the order in which one reads. */
    @Override
    public int compareTo(ConfigError other) {
        int order = file.compareTo(other.file);
        if (order == 0) {
            order = Integer.compare(line, other.line);
        }
        if (order == 0) {
            order = Integer.compare(column, other.column);
        }
        if (order == 0) {
            order = path.compareTo(other.path);
        }
        return order == 0 ? message.compareTo(other.message) : order;
    }

    /** {@code file:line:col: path: message}. */
    @Override
    public String toString() {
        return file + ":" + line + ":" + column + ": " + (path.isEmpty() ? "" : path + ": ") + message;
    }
}
