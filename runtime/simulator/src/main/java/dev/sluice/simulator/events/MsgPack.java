package dev.sluice.simulator.events;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;

/** The few types of MessagePack that events are made of, each in its shortest form, as Python's msgspec writes them. */
final class MsgPack {
    private final ByteArrayOutputStream out = new ByteArrayOutputStream(256);

    byte[] bytes() {
        return out.toByteArray();
    }

    MsgPack array(int size) {
        return sized(size, 0x90, 15, 0xdc, 0xdd);
    }

    MsgPack map(int size) {
        return sized(size, 0x80, 15, 0xde, 0xdf);
    }

    private MsgPack sized(int size, int small, int most, int two, int four) {
        if (size <= most) {
            out.write(small | size);
        } else if (size < 1 << 16) {
            out.write(two);
            Serial.big(out, size, 2);
        } else {
            out.write(four);
            Serial.big(out, size, 4);
        }
        return this;
    }

    MsgPack nil() {
        out.write(0xc0);
        return this;
    }

    MsgPack number(double value) {
        out.write(0xcb);
        Serial.big(out, Double.doubleToLongBits(value), 8);
        return this;
    }

    /** A number below 2^31. */
    MsgPack number(int value) {
        if (value < 0) {
            return negative(value);
        }
        return unsigned(value);
    }

    private MsgPack negative(int value) {
        if (value >= -32) {
            out.write(value & 0xff);
        } else {
            out.write(0xd2);
            Serial.big(out, value, 4);
        }
        return this;
    }

    /** All 64 bits are value. */
    MsgPack unsigned(long value) {
        if (value >= 0 && value < 128) {
            out.write((int) value);
        } else if (value >= 0 && value < 1L << 8) {
            out.write(0xcc);
            Serial.big(out, value, 1);
        } else if (value >= 0 && value < 1L << 16) {
            out.write(0xcd);
            Serial.big(out, value, 2);
        } else if (value >= 0 && value < 1L << 32) {
            out.write(0xce);
            Serial.big(out, value, 4);
        } else {
            out.write(0xcf);
            Serial.big(out, value, 8);
        }
        return this;
    }

    MsgPack text(String text) {
        var bytes = text.getBytes(StandardCharsets.UTF_8);
        if (bytes.length < 32) {
            out.write(0xa0 | bytes.length);
        } else if (bytes.length < 1 << 8) {
            out.write(0xd9);
            Serial.big(out, bytes.length, 1);
        } else {
            out.write(0xda);
            Serial.big(out, bytes.length, 2);
        }
        out.writeBytes(bytes);
        return this;
    }

    MsgPack binary(byte[] bytes) {
        if (bytes.length < 1 << 8) {
            out.write(0xc4);
            Serial.big(out, bytes.length, 1);
        } else {
            out.write(0xc5);
            Serial.big(out, bytes.length, 2);
        }
        out.writeBytes(bytes);
        return this;
    }
}
