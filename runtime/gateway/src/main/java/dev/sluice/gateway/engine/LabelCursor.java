package dev.sluice.gateway.engine;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** Walks over {@code {a="b",c="d"} 1.5} without making anything of it; stops for good at the first thing it can't read. */
final class LabelCursor {
    private final byte[] bytes;
    private final int start;
    private final int to;
    private int at;
    private int nameFrom;
    private int nameTo;
    private int valueFrom;
    private int valueTo;
    private boolean broken;

    /** Starts behind the metric's name. */
    LabelCursor(byte[] bytes, int from, int to) {
        this.bytes = bytes;
        this.start = from;
        this.to = to;
        this.at = from;
    }

    /** Goes to the next label; false when there is none. */
    boolean next() {
        if (at >= to || (bytes[at] != '{' && bytes[at] != ',')) {
            return false;
        }
        at = blanks(at + 1);
        if (at < to && bytes[at] == '}') {
            return false;
        }
        nameFrom = at;
        while (at < to && bytes[at] != '=') {
            at++;
        }
        nameTo = at++;
        at = blanks(at);
        if (at >= to || bytes[at] != '"') {
            broken = true;
            at = to;
            return false;
        }
        valueFrom = ++at;
        while (at < to && bytes[at] != '"') {
            at += bytes[at] == '\\' ? 2 : 1;
        }
        if (at >= to) {
            broken = true;
            at = to;
            return false;
        }
        valueTo = at++;
        at = blanks(at);
        return true;
    }

    boolean nameIs(byte[] name) {
        return Arrays.equals(bytes, nameFrom, nameTo, name, 0, name.length);
    }

    boolean valueIs(byte[] value) {
        return Arrays.equals(bytes, valueFrom, valueTo, value, 0, value.length);
    }

    /** The label's value as a number; NaN when it is none. */
    double number() {
        return DecimalText.parse(bytes, valueFrom, valueTo);
    }

    /** The label's value as text; commas in it separate names where an engine lists adapters. */
    String value() {
        return new String(bytes, valueFrom, valueTo - valueFrom, StandardCharsets.UTF_8);
    }

    /** All labels as they stand between the braces, once {@link #next} has said false. */
    String text() {
        int from = start < to && bytes[start] == '{' ? start + 1 : start;
        int end = Math.min(at, to);
        return end > from ? new String(bytes, from, end - from, StandardCharsets.UTF_8) : "";
    }

    /** Where the sample's value begins, once {@link #next} has said false; -1 when the line is garbage. */
    int valueStart() {
        if (broken) {
            return -1;
        }
        int i = at;
        if (i < to && bytes[i] == '}') {
            i++;
        }
        int value = blanks(i);
        return value > i || i > at ? value : -1;
    }

    private int blanks(int from) {
        int i = from;
        while (i < to && (bytes[i] == ' ' || bytes[i] == '\t')) {
            i++;
        }
        return i;
    }
}
