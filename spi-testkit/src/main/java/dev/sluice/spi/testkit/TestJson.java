package dev.sluice.spi.testkit;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** Enough of JSON for contracts: whether a text is one value, and an object's members as they stand in it. */
final class TestJson {
    private static final int DEEPEST = 200;

    private final String text;
    private int at;
    private int depth;

    private TestJson(String text) {
        this.text = text;
    }

    private static final class NotJson extends RuntimeException {
        private static final long serialVersionUID = 1L;
    }

    /** True for one value with nothing behind it. */
    static boolean isValue(String text) {
        TestJson json = new TestJson(text);
        try {
            json.space();
            json.value();
            json.space();
            return json.at == text.length();
        } catch (NotJson no) {
            return false;
        }
    }

    /** The members of an object, each value as it stands there; empty for anything else. The last one of a name counts. */
    static Optional<Map<String, String>> members(String text) {
        if (!isValue(text) || !text.stripLeading().startsWith("{")) {
            return Optional.empty();
        }
        TestJson json = new TestJson(text);
        Map<String, String> members = new LinkedHashMap<>();
        json.space();
        json.object(members);
        return Optional.of(members);
    }

    /** The text of a string, escapes undone; empty for anything else. */
    static Optional<String> string(String value) {
        if (!isValue(value) || !value.startsWith("\"")) {
            return Optional.empty();
        }
        StringBuilder out = new StringBuilder();
        for (int i = 1; i < value.length() - 1; i++) {
            char c = value.charAt(i);
            if (c != '\\') {
                out.append(c);
                continue;
            }
            char escaped = value.charAt(++i);
            switch (escaped) {
                case 'b' -> out.append('\b');
                case 'f' -> out.append('\f');
                case 'n' -> out.append('\n');
                case 'r' -> out.append('\r');
                case 't' -> out.append('\t');
                case 'u' -> {
                    out.append((char) Integer.parseInt(value, i + 1, i + 5, 16));
                    i += 4;
                }
                default -> out.append(escaped);
            }
        }
        return Optional.of(out.toString());
    }

    private void value() {
        if (++depth > DEEPEST) {
            throw new NotJson();
        }
        char c = peek();
        if (c == '{') {
            object(new LinkedHashMap<>());
        } else if (c == '[') {
            array();
        } else if (c == '"') {
            quoted();
        } else if (c == '-' || (c >= '0' && c <= '9')) {
            number();
        } else {
            word();
        }
        depth--;
    }

    private void object(Map<String, String> members) {
        take('{');
        space();
        while (peek() != '}') {
            String name = string(quoted()).orElseThrow(NotJson::new);
            space();
            take(':');
            space();
            int from = at;
            value();
            members.put(name, text.substring(from, at));
            more('}');
        }
        take('}');
    }

    private void array() {
        take('[');
        space();
        while (peek() != ']') {
            value();
            more(']');
        }
        take(']');
    }

    /** A comma and something behind it, or the end. */
    private void more(char end) {
        space();
        if (peek() != end) {
            take(',');
            space();
            if (peek() == end) {
                throw new NotJson();
            }
        }
    }

    private String quoted() {
        int from = at;
        take('"');
        while (peek() != '"') {
            char c = text.charAt(at++);
            if (c < ' ') {
                throw new NotJson();
            }
            if (c == '\\') {
                char escaped = peek();
                at++;
                if (escaped == 'u') {
                    for (int i = 0; i < 4; i++) {
                        if (Character.digit(peek(), 16) < 0) {
                            throw new NotJson();
                        }
                        at++;
                    }
                } else if ("\"\\/bfnrt".indexOf(escaped) < 0) {
                    throw new NotJson();
                }
            }
        }
        take('"');
        return text.substring(from, at);
    }

    private void number() {
        int from = at;
        while (at < text.length() && "+-.eE0123456789".indexOf(text.charAt(at)) >= 0) {
            at++;
        }
        if (!text.substring(from, at).matches("-?(0|[1-9][0-9]*)(\\.[0-9]+)?([eE][+-]?[0-9]+)?")) {
            throw new NotJson();
        }
    }

    private void word() {
        for (String word : new String[] {"true", "false", "null"}) {
            if (text.startsWith(word, at)) {
                at += word.length();
                return;
            }
        }
        throw new NotJson();
    }

    private void space() {
        while (at < text.length() && " \t\r\n".indexOf(text.charAt(at)) >= 0) {
            at++;
        }
    }

    private char peek() {
        if (at >= text.length()) {
            throw new NotJson();
        }
        return text.charAt(at);
    }

    private void take(char c) {
        if (peek() != c) {
            throw new NotJson();
        }
        at++;
    }
}
