package dev.sluice.gateway.config;

import com.fasterxml.jackson.core.io.JsonStringEncoder;
import java.util.Set;
import java.util.stream.Collectors;

/** Values as YAML on one line, which is JSON with fewer quotes. */
final class YamlText {
    /** Words that YAML reads as something else than text. */
    private static final Set<String> NOT_TEXT =
            Set.of("true", "false", "null", "True", "False", "Null", "TRUE", "FALSE", "NULL");

    private YamlText() {}

    /** A value of a file, as it stood there. */
    static String of(Node node) {
        return switch (node) {
            case Node.Scalar scalar -> scalar.kind() == Node.Kind.TEXT ? text(scalar.text()) : scalar.text();
            case Node.Sequence sequence ->
                sequence.items().stream().map(YamlText::of).collect(Collectors.joining(", ", "[", "]"));
            case Node.Mapping mapping ->
                mapping.entries().stream()
                        .map(entry -> text(entry.key()) + ": " + of(entry.value()))
                        .collect(Collectors.joining(", ", "{", "}"));
        };
    }

    /** Without quotes only where nobody could take it for anything else. */
    static String text(String text) {
        return text.matches("[A-Za-z_/][A-Za-z0-9_./-]*") && !NOT_TEXT.contains(text)
                ? text
                : "\"" + new String(JsonStringEncoder.getInstance().quoteAsString(text)) + "\"";
    }
}
