package dev.sluice.gateway.http;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Header lines on their way out, as bytes. What is added is checked: a name or value that could end its line is refused,
 * so nothing that a client, a config or a plugin says can inject a header.
 */
public final class HeaderBlock {
    private static final int FIRST = 512;
    private static final byte[] NONE = {};

    private byte[] bytes = NONE; // who never answers needs none
    private int length;

    /** An empty block. */
    public HeaderBlock() {}

    /** Removes all lines. */
    public HeaderBlock clear() {
        length = 0;
        return this;
    }

    /**
     * Adds a line.
     *
     * @param name a token
     * @param value visible characters, spaces and tabs; ISO 8859-1
     * @throws IllegalArgumentException when either could not stand in one header line
     */
    public HeaderBlock add(String name, String value) {
        int n = name.length();
        if (n == 0) {
            throw new IllegalArgumentException("a header without a name");
        }
        ensure(n + value.length() + 4);
        for (int i = 0; i < n; i++) {
            char c = name.charAt(i);
            if (c > 0x7f || !Bytes.token((byte) c)) {
                throw new IllegalArgumentException("a bad character in a header name");
            }
        }
        for (int i = 0; i < value.length(); i++) {
            char c = value.charAt(i);
            if (c > 0xff || !Bytes.field((byte) c)) {
                throw new IllegalArgumentException("a bad character in the value of " + name);
            }
        }
        raw(name);
        bytes[length++] = ':';
        bytes[length++] = ' ';
        raw(value);
        return endLine();
    }

    /** Copies line {@code i} of a head, which has been checked already. */
    public HeaderBlock copy(Head head, int i) {
        int name = head.nameEnd(i) - head.nameStart(i);
        int value = head.valueEnd(i) - head.valueStart(i);
        ensure(name + value + 4);
        head.bytes.get(head.nameStart(i), bytes, length, name);
        length += name;
        bytes[length++] = ':';
        bytes[length++] = ' ';
        head.bytes.get(head.valueStart(i), bytes, length, value);
        length += value;
        return endLine();
    }

    /** Copies all lines of a head which are not hop-by-hop, not Host and not Content-Length, and which the filter lets. */
    public HeaderBlock copyAll(Head head, Filter filter) {
        for (int i = 0; i < head.count(); i++) {
            if (!head.hopByHop(i, true) && filter.passes(head, i)) {
                copy(head, i);
            }
        }
        return this;
    }

    /** Adds ready-made lines, each ending in CR LF; for constants. */
    HeaderBlock lines(String ready) {
        ensure(ready.length());
        raw(ready);
        return this;
    }

    private HeaderBlock endLine() {
        bytes[length++] = Bytes.CR;
        bytes[length++] = Bytes.LF;
        return this;
    }

    @SuppressWarnings("deprecation") // the only conversion that copies Latin-1 without another array
    private void raw(String text) {
        text.getBytes(0, text.length(), bytes, length);
        length += text.length();
    }

    private void ensure(int more) {
        if (length + more > bytes.length) {
            bytes = Arrays.copyOf(bytes, Math.max(Math.max(bytes.length * 2, FIRST), length + more));
        }
    }

    /** Bytes of all lines. */
    public int length() {
        return length;
    }

    /** Puts the lines into a buffer at its position. */
    void putInto(ByteBuffer to) {
        to.put(bytes, 0, length);
    }

    @Override
    public String toString() {
        return new String(bytes, 0, length, StandardCharsets.ISO_8859_1);
    }

    /** Which lines are copied. */
    @FunctionalInterface
    public interface Filter {
        /** Every line. */
        Filter ALL = (head, i) -> true;

        /** Whether line {@code i} is copied. */
        boolean passes(Head head, int i);
    }
}
