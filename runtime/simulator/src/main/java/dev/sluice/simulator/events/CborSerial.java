package dev.sluice.simulator.events;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** Canonical CBOR (RFC 8949), as the Python package cbor2 writes it: shortest lengths, tuples as arrays. */
final class CborSerial implements Serial {
    @Override
    public byte[] text(String text) {
        var out = new ByteArrayOutputStream();
        string(out, text);
        return out.toByteArray();
    }

    @Override
    public byte[] block(byte[] parent, int[] tokens, int from, int to, List<List<String>> extra) {
        var out = new ByteArrayOutputStream(64 + (to - from) * 3);
        head(out, 4, 3);
        head(out, 2, parent.length);
        out.writeBytes(parent);
        head(out, 4, to - from);
        for (var i = from; i < to; i++) {
            head(out, tokens[i] < 0 ? 1 : 0, tokens[i] < 0 ? -1L - tokens[i] : tokens[i]);
        }
        if (extra.isEmpty()) {
            out.write(0xf6);
            return out.toByteArray();
        }
        head(out, 4, extra.size());
        for (var key : extra) {
            head(out, 4, key.size());
            key.forEach(part -> string(out, part));
        }
        return out.toByteArray();
    }

    private static void string(ByteArrayOutputStream out, String text) {
        var bytes = text.getBytes(StandardCharsets.UTF_8);
        head(out, 3, bytes.length);
        out.writeBytes(bytes);
    }

    private static void head(ByteArrayOutputStream out, int major, long value) {
        if (value < 24) {
            out.write(major << 5 | (int) value);
        } else if (value < 1L << 8) {
            out.write(major << 5 | 24);
            Serial.big(out, value, 1);
        } else if (value < 1L << 16) {
            out.write(major << 5 | 25);
            Serial.big(out, value, 2);
        } else {
            out.write(major << 5 | 26);
            Serial.big(out, value, 4);
        }
    }
}
