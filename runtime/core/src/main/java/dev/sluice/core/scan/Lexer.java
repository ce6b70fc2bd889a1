package dev.sluice.core.scan;

import java.nio.ByteBuffer;

/**
 * JSON's tokens over the bytes of a buffer: white space, numbers, words and brackets as RFC 8259 has them and nothing else, no
 * deeper than {@link #MAX_DEPTH}.
 */
class Lexer extends Strings {
    static final int MAX_DEPTH = 64;
    static final int MAX_NUMBER = 1000;

    /** Offset of the closing quote of the last key. */
    int keyEnd;

    Lexer(ByteBuffer body) {
        super(body);
    }

    /** Skips white space and returns the byte there, or -1 at the end. */
    final int peek() {
        int i = pos;
        while (i < end) {
            byte b = body.get(i);
            if (b != ' ' && b != '\n' && b != '\r' && b != '\t') {
                pos = i;
                return b & 0xFF;
            }
            i++;
        }
        pos = i;
        return -1;
    }

    final BadBodyException unexpected(int c, String wanted) {
        return bad(
                pos,
                c < 0 ? "the body ends where " + wanted + " is needed" : "expected " + wanted + ", found " + name(c));
    }

    /** Reads a number at {@code pos}; true when it is written as an integer. */
    final boolean number() throws BadBodyException {
        int start = pos;
        int i = start;
        if (at(i) == '-') {
            i++;
        }
        if (at(i) == '0') {
            i++;
        } else {
            i = digits(i);
        }
        boolean integer = true;
        if (at(i) == '.') {
            integer = false;
            i = digits(i + 1);
        }
        if (at(i) == 'e' || at(i) == 'E') {
            integer = false;
            i++;
            i = digits(at(i) == '+' || at(i) == '-' ? i + 1 : i);
        }
        if (i - start > MAX_NUMBER) {
            throw bad(start, "a number has more than " + MAX_NUMBER + " characters");
        }
        if (i < end && !ends(at(i))) {
            throw bad(i, "a number is malformed, found " + name(at(i)));
        }
        pos = i;
        return integer;
    }

    private static boolean ends(int c) {
        return c == ',' || c == ']' || c == '}' || c == ' ' || c == '\n' || c == '\r' || c == '\t';
    }

    private int digits(int from) throws BadBodyException {
        int i = from;
        while (i < end && body.get(i) >= '0' && body.get(i) <= '9') {
            i++;
        }
        if (i == from) {
            throw bad(i, "a number is malformed");
        }
        return i;
    }

    final int at(int i) {
        return i < end ? body.get(i) & 0xFF : -1;
    }

    /** Reads {@code true}, {@code false} or {@code null}, whose first byte is at {@code pos}. */
    final void word(String word) throws BadBodyException {
        for (int k = 0; k < word.length(); k++) {
            if (at(pos + k) != word.charAt(k)) {
                throw bad(pos, "expected a value");
            }
        }
        pos += word.length();
        if (pos < end && !ends(at(pos))) {
            throw bad(pos, "unexpected " + name(at(pos)));
        }
    }

    /** Reads a scalar whose first byte {@code c} is at {@code pos}. */
    final void scalar(int c) throws BadBodyException {
        switch (c) {
            case '"' -> string();
            case 't' -> word("true");
            case 'f' -> word("false");
            case 'n' -> word("null");
            case '-', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9' -> number();
            default -> throw unexpected(c, "a value");
        }
    }

    /** Checks and skips any value; {@code depth} is that of the container around it. */
    final void skip(int depth) throws BadBodyException {
        int c = peek();
        if (c == '{') {
            open(depth);
            if (peek() == '}') {
                pos++;
                return;
            }
            do {
                key();
                skip(depth + 1);
            } while (more('}'));
        } else if (c == '[') {
            open(depth);
            if (peek() == ']') {
                pos++;
                return;
            }
            do {
                skip(depth + 1);
            } while (more(']'));
        } else {
            scalar(c);
        }
    }

    /** Enters the container at {@code pos}. */
    final void open(int depth) throws BadBodyException {
        if (depth >= MAX_DEPTH) {
            throw bad(pos, "nested deeper than " + MAX_DEPTH);
        }
        pos++;
    }

    /** Reads a key and its colon; returns where the opening quote of the key was. The closing one is at {@link #keyEnd}. */
    final int key() throws BadBodyException {
        int c = peek();
        if (c != '"') {
            throw unexpected(c, "a key");
        }
        int start = pos;
        string();
        keyEnd = pos - 1;
        c = peek();
        if (c != ':') {
            throw unexpected(c, "':'");
        }
        pos++;
        return start;
    }

    /** After an element: true on a comma, false on the closing bracket. */
    final boolean more(char close) throws BadBodyException {
        int c = peek();
        if (c != ',' && c != close) {
            throw unexpected(c, "',' or '" + close + "'");
        }
        pos++;
        return c == ',';
    }
}
