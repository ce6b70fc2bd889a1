package dev.sluice.plugins;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Reads labels as they stand between a sample's braces, {@code a="b",c="d"}; also without quotes, as configurations have
 * them. By hand and not by a regular expression: a page may hold a label of any length.
 */
final class SampleLabels {
    private final String text;
    private int at;
    private boolean broken;

    private SampleLabels(String text) {
        this.text = text;
    }

    /** The labels; empty where the text is not what it should be, as far as {@code whole} asks for all of it. */
    static Map<String, String> of(String text, boolean whole) {
        SampleLabels reader = new SampleLabels(text);
        Map<String, String> labels = new LinkedHashMap<>();
        while (reader.more()) {
            String name = reader.name();
            String value = reader.value();
            if (!reader.broken) {
                labels.put(name, value);
            }
        }
        return reader.broken && whole ? Map.of() : labels;
    }

    private boolean more() {
        while (at < text.length() && (text.charAt(at) == ',' || Character.isWhitespace(text.charAt(at)))) {
            at++;
        }
        return !broken && at < text.length();
    }

    private String name() {
        int from = at;
        while (at < text.length() && (Character.isLetterOrDigit(text.charAt(at)) || text.charAt(at) == '_')) {
            at++;
        }
        String name = text.substring(from, at);
        blanks();
        broken |= name.isEmpty() || at >= text.length() || text.charAt(at) != '=';
        at++;
        blanks();
        return name;
    }

    private String value() {
        if (at < text.length() && text.charAt(at) == '"') {
            return quoted();
        }
        int from = Math.min(at, text.length());
        while (at < text.length() && ",}\"".indexOf(text.charAt(at)) < 0 && !Character.isWhitespace(text.charAt(at))) {
            at++;
        }
        String value = text.substring(from, Math.max(from, Math.min(at, text.length())));
        broken |= value.isEmpty();
        return ended(value);
    }

    private String quoted() {
        StringBuilder value = new StringBuilder();
        for (at++; at < text.length() && text.charAt(at) != '"'; at++) {
            char c = text.charAt(at);
            if (c == '\\' && at + 1 < text.length()) {
                at++;
                c = text.charAt(at) == 'n' ? '\n' : text.charAt(at);
            }
            value.append(c);
        }
        broken |= at >= text.length();
        at++;
        return ended(value.toString());
    }

    /** Behind a value stands a comma or nothing. */
    private String ended(String value) {
        blanks();
        broken |= at < text.length() && text.charAt(at) != ',';
        return value;
    }

    private void blanks() {
        while (at < text.length() && Character.isWhitespace(text.charAt(at))) {
            at++;
        }
    }
}
