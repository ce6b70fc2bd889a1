package dev.sluice.core.peers;

import java.util.Arrays;

/** Bytes that are being written. Numbers are LEB128 unless said otherwise. */
final class WireOut {
    private byte[] bytes = new byte[256];
    private int size;

    WireOut octet(int value) {
        if (size == bytes.length) {
            bytes = Arrays.copyOf(bytes, 2 * size);
        }
        bytes[size++] = (byte) value;
        return this;
    }

    /** Eight bytes, the highest first. */
    WireOut word(long value) {
        for (int shift = 56; shift >= 0; shift -= 8) {
            octet((int) (value >>> shift));
        }
        return this;
    }

    /** At least 0. */
    WireOut number(long value) {
        long rest = value;
        while ((rest & ~0x7fL) != 0) {
            octet((int) ((rest & 0x7f) | 0x80));
            rest >>>= 7;
        }
        return octet((int) rest);
    }

    /** Of either sign. */
    WireOut signed(long value) {
        return number((value << 1) ^ (value >> 63));
    }

    WireOut raw(byte[] value) {
        for (byte one : value) {
            octet(one);
        }
        return this;
    }

    int size() {
        return size;
    }

    byte[] bytes() {
        return Arrays.copyOf(bytes, size);
    }
}
