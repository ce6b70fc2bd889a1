package dev.sluice.gateway.config;

import java.util.List;
import java.util.Optional;

/** A value in a YAML file, with its place. */
sealed interface Node {
    /** Where it begins. */
    Position at();

    /** What it is, in words for a message: {@code the number 5}. */
    String describe();

    /** A scalar. */
    record Scalar(Position at, String text, Kind kind) implements Node {
        @Override
        public String describe() {
            return switch (kind) {
                case TEXT -> "the text \"" + (text.length() > 40 ? text.substring(0, 40) + "…" : text) + "\"";
                case INTEGER, DECIMAL -> "the number " + text;
                case TRUTH -> text;
                case NOTHING -> "nothing";
            };
        }
    }

    /** A list. */
    record Sequence(Position at, List<Node> items) implements Node {
        @Override
        public String describe() {
            return "a list";
        }
    }

    /** A mapping, its entries in the order of the file, keys not yet known to be unique. */
    record Mapping(Position at, List<Entry> entries) implements Node {
        Optional<Entry> find(String key) {
            return entries.stream().filter(entry -> entry.key().equals(key)).findFirst();
        }

        @Override
        public String describe() {
            return "a mapping";
        }
    }

    /** A key with its value. */
    record Entry(Position at, String key, Node value) {}

    /** What a plain scalar means by the JSON schema of YAML 1.2; quoted ones are text. */
    enum Kind {
        TEXT,
        INTEGER,
        DECIMAL,
        TRUTH,
        NOTHING
    }
}
