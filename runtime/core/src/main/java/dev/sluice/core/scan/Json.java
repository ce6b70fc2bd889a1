package dev.sluice.core.scan;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/** Text to and from JSON strings. */
final class Json {
    private Json() {}

    static boolean digit(int c) {
        return c >= '0' && c <= '9';
    }

    /** The value of a hexadecimal digit, or -1. */
    static int hex(int c) {
        return c >= '0' && c <= '9' ? c - '0' : (c | 0x20) >= 'a' && (c | 0x20) <= 'f' ? (c | 0x20) - 'a' + 10 : -1;
    }

    /** The text of a valid string whose content, without its quotes, lies between two offsets. */
    static String text(ByteBuffer body, int start, int end) {
        byte[] bytes = new byte[end - start];
        body.get(start, bytes);
        String raw = new String(bytes, StandardCharsets.UTF_8);
        return raw.indexOf('\\') < 0 ? raw : unescape(raw);
    }

    /** Whether the string between two offsets is that text, escapes undone. Makes an object only where it has to. */
    static boolean same(ByteBuffer body, int start, int end, String text) {
        for (int i = start; i < end; i++) {
            int b = body.get(i);
            if (b == '\\' || b < 0) {
                return text(body, start, end).equals(text);
            }
            if (i - start >= text.length() || text.charAt(i - start) != b) {
                return false;
            }
        }
        return text.length() == end - start;
    }

    private static String unescape(String raw) {
        StringBuilder text = new StringBuilder(raw.length());
        int i = 0;
        while (i < raw.length()) {
            char c = raw.charAt(i++);
            if (c != '\\') {
                text.append(c);
                continue;
            }
            char kind = raw.charAt(i++);
            switch (kind) {
                case 'b' -> text.append('\b');
                case 'f' -> text.append('\f');
                case 'n' -> text.append('\n');
                case 'r' -> text.append('\r');
                case 't' -> text.append('\t');
                case 'u' -> {
                    text.append((char) Integer.parseInt(raw, i, i + 4, 16));
                    i += 4;
                }
                default -> text.append(kind);
            }
        }
        return text.toString();
    }

    /** A string as JSON, quotes included. Lone surrogates become U+FFFD. */
    static String quote(String text) {
        StringBuilder json = new StringBuilder(text.length() + 2).append('"');
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '"' || c == '\\') {
                json.append('\\').append(c);
            } else if (c < ' ') {
                json.append(String.format(Locale.ROOT, "\\u%04x", (int) c));
            } else {
                json.append(c);
            }
        }
        return json.append('"').toString();
    }
}
