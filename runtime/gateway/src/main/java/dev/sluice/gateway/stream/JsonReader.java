package dev.sluice.gateway.stream;

import java.nio.charset.StandardCharsets;

/**
 * Reads JSON tokens out of a byte array without making an object.
 *
 * <p>Own code because every streamed event goes through it and a library's parser allocates hundreds of bytes for each;
 * a test holds it against Jackson. As strict as RFC 8259, but for {@code NaN} and {@code Infinity}, which Python
 * writes, and for the inside of strings: UTF-8 is not checked, for the client gets the bytes as they came. Nesting is
 * limited to {@value #MAX_DEPTH}.
 */
final class JsonReader {
    static final int MAX_DEPTH = 512;

    enum Token {
        OBJECT,
        END_OBJECT,
        ARRAY,
        END_ARRAY,
        KEY,
        STRING,
        NUMBER,
        TRUE,
        FALSE,
        NULL,
        /** The one value was whole and nothing follows it. */
        END,
        /** No JSON. All further tokens are this one. */
        BAD
    }

    private enum Expect {
        VALUE,
        VALUE_OR_END,
        KEY,
        KEY_OR_END,
        COMMA_OR_END,
        NOTHING
    }

    private static final byte[] TRUE = ascii("true");
    private static final byte[] FALSE = ascii("false");
    private static final byte[] NULL = ascii("null");

    private byte[] bytes = new byte[0];
    private int at;
    private int end;
    private Expect expect = Expect.NOTHING;
    private Token token = Token.END;
    private int depth;
    /** One bit per open container: 1 is an object. */
    private final long[] objects = new long[MAX_DEPTH / 64];

    private int from;
    private int to;
    private boolean escaped;

    static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    /** Starts over on {@code bytes} from {@code from} up to {@code to}. */
    void reset(byte[] bytes, int from, int to) {
        this.bytes = bytes;
        at = from;
        end = to;
        depth = 0;
        expect = Expect.VALUE;
    }

    /** The token last read. */
    Token token() {
        return token;
    }

    /** Reads on. A key is a token of its own; colons and commas are not. */
    Token next() {
        token = read();
        return token;
    }

    /** Reads on within an object: true when there is a further key, false at its end (or when it is no JSON). */
    boolean nextKey() {
        return next() == Token.KEY;
    }

    /** Goes to the end of the value whose first token was read last. */
    void skip() {
        if (token != Token.OBJECT && token != Token.ARRAY) {
            return;
        }
        int outside = depth - 1;
        while (depth > outside && token != Token.BAD) {
            next();
        }
    }

    /** Whether the key or string last read is this text. */
    boolean is(byte[] ascii) {
        if (escaped) {
            return string().equals(new String(ascii, StandardCharsets.US_ASCII));
        }
        int n = ascii.length;
        if (to - from != n) {
            return false;
        }
        for (int i = 0; i < n; i++) {
            if (bytes[from + i] != ascii[i]) {
                return false;
            }
        }
        return true;
    }

    /** The bytes being read. */
    byte[] source() {
        return bytes;
    }

    /** Where in {@link #source} reading goes on: right behind the token last read. */
    int position() {
        return at;
    }

    /** Where in {@link #source} the key or string last read begins, behind its quote. */
    int from() {
        return from;
    }

    /** Where it ends, before its quote. */
    int to() {
        return to;
    }

    /** Whether it has escapes. */
    boolean escaped() {
        return escaped;
    }

    /** Length in bytes of the key or string last read, as written. */
    int length() {
        return to - from;
    }

    /** The number last read when it is an integer from 0 to 2^31 - 1; else -1. */
    int count() {
        if (token != Token.NUMBER || to - from > 10) {
            return -1;
        }
        long value = 0;
        for (int i = from; i < to; i++) {
            if (bytes[i] < '0' || bytes[i] > '9') {
                return -1;
            }
            value = value * 10 + bytes[i] - '0';
        }
        return value <= Integer.MAX_VALUE ? (int) value : -1;
    }

    /** The key or string last read, escapes resolved. */
    String string() {
        String raw = new String(bytes, from, to - from, StandardCharsets.UTF_8);
        return escaped ? JsonScalars.unescaped(raw) : raw;
    }

    private Token read() {
        space();
        if (at == end) {
            return expect == Expect.NOTHING ? Token.END : bad();
        }
        byte b = bytes[at];
        if (expect == Expect.COMMA_OR_END) {
            if (b == ',') {
                at++;
                space();
                expect = inObject() ? Expect.KEY : Expect.VALUE;
                if (at == end) {
                    return bad();
                }
                b = bytes[at];
            } else {
                return close(b);
            }
        }
        return switch (expect) {
            case KEY_OR_END -> b == '}' ? close(b) : key(b);
            case KEY -> key(b);
            case VALUE_OR_END -> b == ']' ? close(b) : value(b);
            case VALUE -> value(b);
            case COMMA_OR_END, NOTHING -> bad();
        };
    }

    private Token value(byte b) {
        return switch (b) {
            case '{' -> open(true);
            case '[' -> open(false);
            case '"' -> text() ? valueRead(Token.STRING) : bad();
            case 't' -> scalar(JsonScalars.word(bytes, at, end, TRUE), Token.TRUE);
            case 'f' -> scalar(JsonScalars.word(bytes, at, end, FALSE), Token.FALSE);
            case 'n' -> scalar(JsonScalars.word(bytes, at, end, NULL), Token.NULL);
            default -> scalar(JsonScalars.number(bytes, at, end), Token.NUMBER);
        };
    }

    private Token valueRead(Token read) {
        expect = depth == 0 ? Expect.NOTHING : Expect.COMMA_OR_END;
        return read;
    }

    private Token key(byte b) {
        if (b != '"' || !text()) {
            return bad();
        }
        space();
        if (at == end || bytes[at] != ':') {
            return bad();
        }
        at++;
        expect = Expect.VALUE;
        return Token.KEY;
    }

    private Token open(boolean object) {
        if (depth == MAX_DEPTH) {
            return bad();
        }
        at++;
        long bit = 1L << depth;
        if (object) {
            objects[depth >> 6] |= bit;
        } else {
            objects[depth >> 6] &= ~bit;
        }
        depth++;
        expect = object ? Expect.KEY_OR_END : Expect.VALUE_OR_END;
        return object ? Token.OBJECT : Token.ARRAY;
    }

    private Token close(byte b) {
        if (b != (inObject() ? '}' : ']')) {
            return bad();
        }
        boolean object = inObject();
        at++;
        depth--;
        return valueRead(object ? Token.END_OBJECT : Token.END_ARRAY);
    }

    private boolean inObject() {
        int top = depth - 1;
        return (objects[top >> 6] & (1L << top)) != 0;
    }

    private Token bad() {
        at = end;
        expect = Expect.VALUE;
        return Token.BAD;
    }

    private void space() {
        while (at < end && (bytes[at] == ' ' || bytes[at] == '\n' || bytes[at] == '\r' || bytes[at] == '\t')) {
            at++;
        }
    }

    /** Reads a string from its opening quote on. */
    private boolean text() {
        from = at + 1;
        to = JsonScalars.plain(bytes, from, end);
        escaped = to < end && bytes[to] == '\\';
        if (escaped) {
            to = JsonScalars.escaped(bytes, to, end);
        }
        if (to >= end || bytes[to] != '"') {
            return false;
        }
        at = to + 1;
        return true;
    }

    private Token scalar(int scalarEnd, Token read) {
        if (scalarEnd < 0) {
            return bad();
        }
        from = at;
        to = scalarEnd;
        at = scalarEnd;
        return valueRead(read);
    }
}
