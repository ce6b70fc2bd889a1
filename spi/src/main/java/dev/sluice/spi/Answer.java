package dev.sluice.spi;

import java.util.List;
import java.util.Optional;

/** A JSON object that an engine answered. Values are read where they stand; nothing of it is checked against a schema. */
public interface Answer {
    /** HTTP status. */
    int status();

    /** The value at a path of names as the engine wrote it, byte for byte; empty when there is none, or null. */
    Optional<String> json(String... path);

    /** The text at a path, escapes undone; empty when there is none, or it is no string. */
    Optional<String> text(String... path);

    /** Names of the members of the object at a path, in order; empty when there is no object. */
    List<String> names(String... path);
}
