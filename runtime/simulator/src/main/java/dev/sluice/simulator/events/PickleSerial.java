package dev.sluice.simulator.events;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * Python's pickle, protocol 5, as CPython's C implementation writes it: one frame (blocks are far below its 64 KiB), everything
 * that can be referred to is memoised, nothing is ever referred to.
 */
final class PickleSerial implements Serial {
    private static final int MEMOIZE = 0x94;
    private static final int MARK = '(';
    private static final int TUPLE = 't';
    private static final int NONE = 'N';
    private static final int STOP = '.';

    @Override
    public byte[] text(String text) {
        var body = new ByteArrayOutputStream();
        string(body, text);
        return framed(body);
    }

    @Override
    public byte[] block(byte[] parent, int[] tokens, int from, int to, List<List<String>> extra) {
        var body = new ByteArrayOutputStream(64 + (to - from) * 5);
        body.write('C');
        body.write(parent.length);
        body.writeBytes(parent);
        body.write(MEMOIZE);
        open(body, to - from);
        for (var i = from; i < to; i++) {
            number(body, tokens[i]);
        }
        close(body, to - from);
        if (extra.isEmpty()) {
            body.write(NONE);
        } else {
            open(body, extra.size());
            for (var key : extra) {
                open(body, key.size());
                key.forEach(part -> string(body, part));
                close(body, key.size());
            }
            close(body, extra.size());
        }
        close(body, 3);
        return framed(body);
    }

    private static byte[] framed(ByteArrayOutputStream body) {
        body.write(STOP);
        var out = new ByteArrayOutputStream(body.size() + 11);
        out.write(0x80);
        out.write(5);
        out.write(0x95);
        Serial.little(out, body.size(), 8);
        out.writeBytes(body.toByteArray());
        return out.toByteArray();
    }

    /** Short tuples need no mark: they have operations of their own. */
    private static void open(ByteArrayOutputStream out, int size) {
        if (size > 3) {
            out.write(MARK);
        }
    }

    private static void close(ByteArrayOutputStream out, int size) {
        out.write(size > 3 ? TUPLE : 0x84 + size);
        out.write(MEMOIZE);
    }

    private static void number(ByteArrayOutputStream out, int value) {
        if (value >= 0 && value < 256) {
            out.write('K');
            out.write(value);
        } else if (value >= 0 && value < 65_536) {
            out.write('M');
            Serial.little(out, value, 2);
        } else {
            out.write('J');
            Serial.little(out, value, 4);
        }
    }

    private static void string(ByteArrayOutputStream out, String text) {
        var bytes = text.getBytes(StandardCharsets.UTF_8);
        if (bytes.length < 256) {
            out.write(0x8c);
            out.write(bytes.length);
        } else {
            out.write('X');
            Serial.little(out, bytes.length, 4);
        }
        out.writeBytes(bytes);
        out.write(MEMOIZE);
    }
}
