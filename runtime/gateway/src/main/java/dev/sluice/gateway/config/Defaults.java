package dev.sluice.gateway.config;

import dev.sluice.spi.Default;
import dev.sluice.spi.Range;
import java.lang.reflect.RecordComponent;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import java.util.stream.Collectors;

/** Default values as the annotations give them. */
final class Defaults {
    private Defaults() {}

    /** The component's own, else its type's. */
    static Optional<String> of(RecordComponent component) {
        return Optional.ofNullable(component.getAnnotation(Default.class))
                .or(() -> Optional.ofNullable(component.getType().getAnnotation(Default.class)))
                .map(Default::value);
    }

    /** What stands for a key that is left out and has no default; absent when the key is required. */
    static Optional<Object> empty(RecordComponent component) {
        Class<?> type = component.getType();
        Range range = component.getAnnotation(Range.class);
        if (type == Optional.class) {
            return Optional.of(Optional.empty());
        } else if (type == OptionalInt.class) {
            return Optional.of(OptionalInt.empty());
        } else if (type == OptionalLong.class) {
            return Optional.of(OptionalLong.empty());
        } else if (type == OptionalDouble.class) {
            return Optional.of(OptionalDouble.empty());
        } else if (range != null && range.min() > 0) {
            return Optional.empty();
        } else if (type == List.class) {
            return Optional.of(List.of());
        } else if (type == Set.class) {
            return Optional.of(Set.of());
        } else if (type == Map.class) {
            return Optional.of(Map.of());
        }
        return Optional.empty();
    }

    /** The same node with all its places replaced by the place of the mapping that lacks it. */
    static Node moved(Node node, Position at) {
        // Not a switch: a class would be made for it at each start.
        if (node instanceof Node.Scalar scalar) {
            return new Node.Scalar(at, scalar.text(), scalar.kind());
        } else if (node instanceof Node.Sequence sequence) {
            return new Node.Sequence(
                    at, sequence.items().stream().map(item -> moved(item, at)).toList());
        }
        return new Node.Mapping(
                at,
                ((Node.Mapping) node)
                        .entries().stream()
                                .map(entry -> new Node.Entry(at, entry.key(), moved(entry.value(), at)))
                                .toList());
    }

    /** A text as it would be written in YAML: quotes are taken off, a number stays as it is written. */
    static String text(String written) {
        Problems problems = new Problems(name -> Optional.empty());
        return written.isEmpty()
                ? ""
                : Yaml.read("default", written, problems)
                        .map(node -> node instanceof Node.Scalar scalar ? scalar.text() : written)
                        .orElse(written);
    }

    /** A default as JSON: what stands in the file, not what it is turned into. */
    static Object json(String text, Class<?> type) {
        if (type == String.class) {
            return text(text);
        }
        Problems problems = new Problems(name -> Optional.empty());
        return Yaml.read("default", text, problems).map(Defaults::plain).orElse(text);
    }

    private static Object plain(Node node) {
        return switch (node) {
            case Node.Scalar scalar ->
                switch (scalar.kind()) {
                    case INTEGER -> Long.valueOf(scalar.text());
                    case DECIMAL -> Double.valueOf(scalar.text());
                    case TRUTH -> Boolean.valueOf(scalar.text());
                    case TEXT, NOTHING -> scalar.text();
                };
            case Node.Sequence sequence ->
                sequence.items().stream().map(Defaults::plain).toList();
            case Node.Mapping mapping ->
                mapping.entries().stream()
                        .collect(Collectors.toMap(Node.Entry::key, entry -> plain(entry.value()), (a, b) -> a));
        };
    }
}
