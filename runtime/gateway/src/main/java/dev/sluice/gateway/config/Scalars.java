package dev.sluice.gateway.config;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;

/** Texts, truth values, numbers and enums. */
final class Scalars {
    private Scalars() {}

    static Optional<Object> read(Class<?> type, Node node, Reading at) {
        if (type.isEnum()) {
            return constant(type, node, at);
        } else if (type == String.class) {
            return text(node, at).map(text -> text);
        } else if (type == boolean.class || type == Boolean.class) {
            return kind(Node.Kind.TRUTH, "true or false", node, at).map("true"::equals);
        } else if (type == int.class || type == Integer.class || type == OptionalInt.class) {
            Optional<Integer> number =
                    whole(node, Integer.MIN_VALUE, Integer.MAX_VALUE, at).map(Long::intValue);
            return type == OptionalInt.class ? number.map(OptionalInt::of) : number.map(n -> n);
        } else if (type == long.class || type == Long.class || type == OptionalLong.class) {
            Optional<Long> number = whole(node, Long.MIN_VALUE, Long.MAX_VALUE, at);
            return type == OptionalLong.class ? number.map(OptionalLong::of) : number.map(n -> n);
        } else if (type == double.class || type == Double.class || type == OptionalDouble.class) {
            Optional<Double> number = decimal(node, at);
            return type == OptionalDouble.class ? number.map(OptionalDouble::of) : number.map(n -> n);
        }
        throw new IllegalArgumentException("a configuration can't have components of type " + type);
    }

    /** A text. Numbers and truth values are refused: {@code 1.10} would be read as another version than written. */
    static Optional<String> text(Node node, Reading at) {
        if (node instanceof Node.Scalar scalar && scalar.kind() == Node.Kind.TEXT) {
            return Optional.of(scalar.text());
        }
        if (node instanceof Node.Scalar scalar && scalar.kind() != Node.Kind.NOTHING) {
            return at.error(node, "expected text, found " + node.describe() + ": put it in quotes");
        }
        return at.expected("text", node);
    }

    private static Optional<String> kind(Node.Kind kind, String what, Node node, Reading at) {
        return node instanceof Node.Scalar scalar && scalar.kind() == kind
                ? Optional.of(scalar.text())
                : at.expected(what, node);
    }

    private static Optional<Long> whole(Node node, long min, long max, Reading at) {
        return kind(Node.Kind.INTEGER, "a whole number", node, at).flatMap(text -> {
            try {
                long number = Long.parseLong(text);
                if (number >= min && number <= max) {
                    return Optional.of(number);
                }
            } catch (NumberFormatException e) {
                // Longer than a long: the same message as longer than an int.
            }
            return at.error(node, "the number " + text + " is too large");
        });
    }

    private static Optional<Double> decimal(Node node, Reading at) {
        if (node instanceof Node.Scalar scalar
                && (scalar.kind() == Node.Kind.INTEGER || scalar.kind() == Node.Kind.DECIMAL)) {
            try {
                double number = Double.parseDouble(scalar.text());
                if (Double.isFinite(number)) {
                    return Optional.of(number);
                }
            } catch (NumberFormatException e) {
                // .inf and .nan
            }
            return at.error(node, "expected a finite number, found " + scalar.text());
        }
        return at.expected("a number", node);
    }

    private static Optional<Object> constant(Class<?> type, Node node, Reading at) {
        List<?> constants = Arrays.asList(type.getEnumConstants());
        List<String> names = constants.stream().map(Scalars::name).toList();
        return text(node, at)
                .flatMap(word -> names.contains(word)
                        ? Optional.of(constants.get(names.indexOf(word)))
                        : at.error(node, notOneOf(word, names)));
    }

    /** The way an enum constant is written: {@code LEAST_BUSY} as {@code least-busy}. */
    static String name(Object constant) {
        return ((Enum<?>) constant).name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    static String notOneOf(String word, List<String> allowed) {
        return "must be one of " + String.join(", ", allowed) + "; is \"" + word + "\""
                + Nearest.find(word, allowed)
                        .map(near -> ", did you mean \"" + near + "\"?")
                        .orElse("");
    }
}
