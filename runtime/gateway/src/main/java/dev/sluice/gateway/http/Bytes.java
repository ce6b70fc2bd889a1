package dev.sluice.gateway.http;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/** Character classes of RFC 9110 and comparisons on raw bytes. */
final class Bytes {
    static final byte CR = '\r';
    static final byte LF = '\n';

    private static final byte TOKEN = 1;
    private static final byte FIELD = 2;
    private static final byte TARGET = 4;
    private static final byte HOST = 8;
    private static final byte[] CLASS = new byte[256];

    static {
        for (int c = 0; c < 256; c++) {
            boolean alphanumeric = c < 0x80 && Character.isLetterOrDigit(c);
            byte classes = 0;
            if (alphanumeric || (c > 0 && "!#$%&'*+-.^_`|~".indexOf(c) >= 0)) {
                classes |= TOKEN;
            }
            if (c == '\t' || (c >= ' ' && c != 0x7f)) {
                classes |= FIELD;
            }
            if (c > ' ' && c < 0x7f && "\"#<>\\^`{|}".indexOf(c) < 0) {
                classes |= TARGET;
            }
            if (alphanumeric || (c > 0 && "-._~%!$&'()*+;=".indexOf(c) >= 0)) {
                classes |= HOST;
            }
            CLASS[c] = classes;
        }
    }

    private Bytes() {}

    /** tchar of RFC 9110 5.6.2. */
    static boolean token(byte b) {
        return (CLASS[b & 0xff] & TOKEN) != 0;
    }

    /** What may stand in a field value: VCHAR, obs-text, space, tab. */
    static boolean field(byte b) {
        return (CLASS[b & 0xff] & FIELD) != 0;
    }

    /** What may stand in a request target (RFC 3986 characters; no fragment). */
    static boolean target(byte b) {
        return (CLASS[b & 0xff] & TARGET) != 0;
    }

    /** What may stand in a registered name of RFC 3986 (a comma is refused: it smells of two hosts). */
    static boolean host(byte b) {
        return (CLASS[b & 0xff] & HOST) != 0;
    }

    static boolean digit(byte b) {
        return b >= '0' && b <= '9';
    }

    /** Value of a hex digit, or -1. */
    static int hex(byte b) {
        if (b >= '0' && b <= '9') {
            return b - '0';
        }
        int lower = b | 0x20;
        return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
    }

    private static int lower(int b) {
        return b >= 'A' && b <= 'Z' ? b | 0x20 : b;
    }

    /** Whether the bytes are {@code text}, ASCII letters compared without case. */
    static boolean equalsIgnoreCase(ByteBuffer b, int from, int to, String text) {
        int n = text.length();
        if (to - from != n) {
            return false;
        }
        for (int i = 0; i < n; i++) {
            if (lower(b.get(from + i)) != lower(text.charAt(i))) {
                return false;
            }
        }
        return true;
    }

    /** Whether two spans of one buffer are equal, ASCII letters compared without case. */
    static boolean equalsIgnoreCase(ByteBuffer b, int from, int to, int otherFrom, int otherTo) {
        if (to - from != otherTo - otherFrom) {
            return false;
        }
        for (int i = 0; i < to - from; i++) {
            if (lower(b.get(from + i)) != lower(b.get(otherFrom + i))) {
                return false;
            }
        }
        return true;
    }

    /** Whether the bytes are exactly {@code text}. */
    static boolean equals(ByteBuffer b, int from, int to, String text) {
        if (to - from != text.length()) {
            return false;
        }
        return startsWith(b, from, to, text);
    }

    static boolean startsWith(ByteBuffer b, int from, int to, String text) {
        int n = text.length();
        if (to - from < n) {
            return false;
        }
        for (int i = 0; i < n; i++) {
            if (b.get(from + i) != text.charAt(i)) {
                return false;
            }
        }
        return true;
    }

    static String string(ByteBuffer b, int from, int to) {
        byte[] copy = new byte[to - from];
        b.get(from, copy);
        return new String(copy, StandardCharsets.ISO_8859_1);
    }

    /**
     * Position after the empty line that ends a head, or -1 when it is not there yet. Lines must end in CR LF.
     *
     * @param start first byte of the head
     * @param from where to go on looking; at least {@code start}
     */
    static int endOfHead(ByteBuffer b, int start, int from, int to) throws BareLineEnd {
        for (int i = from; i < to; i++) {
            if (b.get(i) != LF) {
                continue;
            }
            if (i == start || b.get(i - 1) != CR) {
                throw new BareLineEnd();
            }
            if (i - 1 == start || (i >= start + 3 && b.get(i - 2) == LF)) {
                return i + 1;
            }
        }
        return -1;
    }

    /** A line that does not end in CR LF. */
    static final class BareLineEnd extends Exception {
        static final String MESSAGE = "a line ends without CR";

        BareLineEnd() {
            super(MESSAGE, null, false, false);
        }
    }
}
