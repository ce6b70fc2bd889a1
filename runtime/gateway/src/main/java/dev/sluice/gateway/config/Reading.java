package dev.sluice.gateway.config;

import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Where the binder is: the path so far, the file whose nodes it reads, and where it reports.
 *
 * @param path such as {@code pools[0].name}; empty at the top
 * @param file the file that the node stands in: relative paths in it are relative to its directory
 */
record Reading(String path, Path file, Problems problems) {
    Reading key(String key) {
        String step = key.matches("[A-Za-z0-9_-]+") ? key : "\"" + key + "\"";
        return new Reading(path.isEmpty() ? step : path + "." + step, file, problems);
    }

    Reading item(int index) {
        return new Reading(path + "[" + index + "]", file, problems);
    }

    Reading in(Path other) {
        return new Reading(path, other, problems);
    }

    /** Reports at a node. Returns empty, so that a reader can end with it. */
    <T> Optional<T> error(Node node, String message) {
        return error(node.at(), message);
    }

    <T> Optional<T> error(Position at, String message) {
        problems.error(at, path, message);
        return Optional.empty();
    }

    <T> Optional<T> expected(String what, Node node) {
        if (node instanceof Node.Scalar scalar && scalar.kind() == Node.Kind.NOTHING) {
            return error(node, "has no value: expected " + what + ", or leave the key out");
        }
        return error(node, "expected " + what + ", found " + node.describe());
    }

    void seen(Node node) {
        problems.seen(path, node.at());
    }

    /** A path that is written in this file. */
    Path resolve(String written) {
        return file.resolveSibling(written);
    }

    /** The content of a file that is named at a node; reported when it can't be read. */
    Optional<String> content(Path named, Node node) {
        problems.read(named);
        try {
            if (Files.size(named) > Yaml.MAX_CHARACTERS) {
                return error(node, named + " is larger than " + (Yaml.MAX_CHARACTERS >> 20) + " MiB");
            }
            return Optional.of(Files.readString(named));
        } catch (NoSuchFileException e) {
            return error(node, "there is no file " + named);
        } catch (CharacterCodingException e) {
            return error(node, named + " is not UTF-8");
        } catch (IOException e) {
            return error(node, named + " can't be read: " + e.getMessage());
        }
    }
}
