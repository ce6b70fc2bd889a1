package dev.sluice.gateway.config;

/**
 * A place in a file.
 *
 * @param file the file as its user named it
 * @param line from 1
 * @param column from 1, in code points
 */
public record Position(String file, int line, int column) {
    /** The beginning of a file: where errors stand that concern all of it. */
    static Position start(String file) {
        return new Position(file, 1, 1);
    }
}
