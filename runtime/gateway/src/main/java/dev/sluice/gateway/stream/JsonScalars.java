package dev.sluice.gateway.stream;

/** Where JSON's strings, numbers and words end (RFC 8259, sections 3, 6 and 7); -1 where they are none. */
final class JsonScalars {
    private static final byte[] NAN = JsonReader.ascii("NaN");
    private static final byte[] INFINITY = JsonReader.ascii("Infinity");

    private JsonScalars() {}

    /** The first byte within a string that is a quote, a backslash or a control character; {@code end} for none. */
    static int plain(byte[] b, int from, int end) {
        int i = from;
        while (i < end && b[i] != '"' && b[i] != '\\' && (b[i] < 0 || b[i] >= 0x20)) {
            i++;
        }
        return i;
    }

    /** The closing quote of a string that has its first escape at {@code from}; {@code end} when it has none. */
    static int escaped(byte[] b, int from, int end) {
        int i = from;
        while (i < end && b[i] == '\\') {
            int after = escape(b, i, end);
            if (after < 0) {
                return end;
            }
            i = plain(b, after, end);
        }
        return i;
    }

    /** The position after the escape at {@code i}, or -1. */
    private static int escape(byte[] b, int i, int end) {
        if (i + 1 >= end) {
            return -1;
        }
        return switch (b[i + 1]) {
            case '"', '\\', '/', 'b', 'f', 'n', 'r', 't' -> i + 2;
            case 'u' -> hex(b, i + 2, end) ? i + 6 : -1;
            default -> -1;
        };
    }

    private static boolean hex(byte[] b, int from, int end) {
        if (from + 4 > end) {
            return false;
        }
        for (int k = from; k < from + 4; k++) {
            int lower = b[k] | 0x20;
            if (!(b[k] >= '0' && b[k] <= '9') && !(lower >= 'a' && lower <= 'f')) {
                return false;
            }
        }
        return true;
    }

    /** What a string says whose escapes were found to be right. */
    static String unescaped(String raw) {
        StringBuilder b = new StringBuilder(raw.length());
        for (int i = 0; i < raw.length(); i++) {
            char c = raw.charAt(i);
            if (c != '\\') {
                b.append(c);
                continue;
            }
            c = raw.charAt(++i);
            switch (c) {
                case 'b' -> b.append('\b');
                case 'f' -> b.append('\f');
                case 'n' -> b.append('\n');
                case 'r' -> b.append('\r');
                case 't' -> b.append('\t');
                case 'u' -> {
                    b.append((char) Integer.parseInt(raw, i + 1, i + 5, 16));
                    i += 4;
                }
                default -> b.append(c);
            }
        }
        return b.toString();
    }

    /** The end of this word. */
    static int word(byte[] b, int from, int end, byte[] word) {
        if (end - from < word.length) {
            return -1;
        }
        for (int i = 0; i < word.length; i++) {
            if (b[from + i] != word[i]) {
                return -1;
            }
        }
        return from + word.length;
    }

    /** The end of a number, or of one of the three that Python adds. */
    static int number(byte[] b, int from, int end) {
        if (b[from] == 'N') {
            return word(b, from, end, NAN);
        }
        int i = b[from] == '-' ? from + 1 : from;
        if (i < end && b[i] == 'I') {
            return word(b, i, end, INFINITY);
        }
        int whole = digits(b, i, end);
        if (whole == i || (b[i] == '0' && whole > i + 1)) {
            return -1;
        }
        i = whole;
        if (i < end && b[i] == '.') {
            whole = digits(b, i + 1, end);
            if (whole == i + 1) {
                return -1;
            }
            i = whole;
        }
        if (i < end && (b[i] | 0x20) == 'e') {
            int digits = i + 1 < end && (b[i + 1] == '+' || b[i + 1] == '-') ? i + 2 : i + 1;
            i = digits(b, digits, end);
            if (i == digits) {
                return -1;
            }
        }
        return i;
    }

    private static int digits(byte[] b, int from, int end) {
        int i = from;
        while (i < end && b[i] >= '0' && b[i] <= '9') {
            i++;
        }
        return i;
    }
}
