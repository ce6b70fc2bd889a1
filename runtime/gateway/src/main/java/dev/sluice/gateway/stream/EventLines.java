package dev.sluice.gateway.stream;

import java.util.Arrays;

/**
 * The lines of one server-sent event, kept as places within its bytes (WHATWG HTML 9.2.6: {@code data}, {@code event},
 * comments; other fields are let through). Positions are relative to the event's first byte, so that a buffer may move.
 */
final class EventLines {
    private static final byte[] DATA = JsonReader.ascii("data");
    private static final byte[] EVENT = JsonReader.ascii("event");

    private int dataLines;
    private int dataFrom;
    private int dataTo;
    private int nameFrom;
    private int nameTo;
    private boolean readable;
    private byte[] joined = new byte[0];
    private int joinedLength;

    EventLines() {
        begin();
    }

    /** Forgets everything: a new event begins. */
    void begin() {
        dataLines = 0;
        nameFrom = 0;
        nameTo = 0;
        readable = true;
    }

    /** Takes the next line of the event that starts at {@code start}; {@code to} is before the line's end. */
    void line(byte[] b, int start, int from, int to) {
        if (from == to || b[from] == ':') {
            return;
        }
        int colon = from;
        while (colon < to && b[colon] != ':') {
            colon++;
        }
        int value = colon == to ? to : colon + 1;
        if (value < to && b[value] == ' ') {
            value++;
        }
        if (Arrays.equals(b, from, colon, DATA, 0, DATA.length)) {
            data(b, start, value, to);
        } else if (Arrays.equals(b, from, colon, EVENT, 0, EVENT.length)) {
            nameFrom = value - start;
            nameTo = to - start;
        } else if (!fieldName(b, from, colon)) {
            readable = false;
        }
    }

    private void data(byte[] b, int start, int from, int to) {
        dataLines++;
        if (dataLines == 1) {
            dataFrom = from - start;
            dataTo = to - start;
            return;
        }
        if (dataLines == 2) {
            joinedLength = 0;
            join(b, start + dataFrom, start + dataTo);
        }
        ensure(1);
        joined[joinedLength++] = '\n';
        join(b, from, to);
    }

    private void join(byte[] b, int from, int to) {
        ensure(to - from);
        System.arraycopy(b, from, joined, joinedLength, to - from);
        joinedLength += to - from;
    }

    private void ensure(int more) {
        if (joined.length - joinedLength < more) {
            joined = Arrays.copyOf(joined, Math.max(2 * joined.length, joinedLength + more + 256));
        }
    }

    /** What a field might be called. Anything else is no event stream: a page, an object, bytes. */
    private static boolean fieldName(byte[] b, int from, int to) {
        for (int i = from; i < to; i++) {
            byte c = b[i];
            int lower = c | 0x20;
            if (!(lower >= 'a' && lower <= 'z') && !(c >= '0' && c <= '9') && c != '-' && c != '_') {
                return false;
            }
        }
        return to > from && to - from <= 64;
    }

    /** Whether all lines could belong to an event. */
    boolean readable() {
        return readable;
    }

    boolean hasData() {
        return dataLines > 0;
    }

    /** Whether the data stands in one line, and so in the buffer. */
    boolean oneLine() {
        return dataLines == 1;
    }

    /** Where the data is: the buffer given, or one of our own when it had several lines. */
    byte[] dataBytes(byte[] b) {
        return dataLines > 1 ? joined : b;
    }

    int dataFrom(int start) {
        return dataLines > 1 ? 0 : start + dataFrom;
    }

    int dataTo(int start) {
        return dataLines > 1 ? joinedLength : start + dataTo;
    }

    /** Whether the event has this name. */
    boolean named(byte[] b, int start, byte[] name) {
        return Arrays.equals(b, start + nameFrom, start + nameTo, name, 0, name.length);
    }

    int nameFrom(int start) {
        return start + nameFrom;
    }

    int nameTo(int start) {
        return start + nameTo;
    }
}
