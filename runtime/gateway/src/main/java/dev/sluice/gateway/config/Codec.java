package dev.sluice.gateway.config;

import java.util.Map;
import java.util.Optional;

/** One type of value that is not simply a record: how it is read, described and shown. */
interface Codec<T> {
    /** Reads the value. Empty when something was wrong, which is then reported to {@code at}. */
    Optional<T> read(Node node, Reading at);

    /** What may be written, for tables and messages: {@code a duration such as 50ms, 1s, 5m}. */
    String notation();

    /** JSON Schema of what may be written. */
    Map<String, Object> schema();

    /** The value as it would be written: text, number, list or map. */
    default Object show(T value) {
        return value.toString();
    }

    /** The number that {@link dev.sluice.spi.Range} is about; NaN when it can't stand here. */
    default double measure(T value) {
        return Double.NaN;
    }

    /** The unit of {@link #measure}, for messages. */
    default String unit() {
        return "";
    }
}
