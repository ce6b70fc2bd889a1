package dev.sluice.core.peers;

import dev.sluice.core.peers.BadPeerMessage.Why;
import java.util.Arrays;

/** Bytes that are being read. Nothing is made room for that is not there. */
final class WireIn {
    private final byte[] bytes;
    private int at;

    WireIn(byte[] bytes) {
        this.bytes = bytes;
    }

    int left() {
        return bytes.length - at;
    }

    int octet() throws BadPeerMessage {
        if (at >= bytes.length) {
            throw bad("cut off");
        }
        return bytes[at++] & 0xff;
    }

    long word() throws BadPeerMessage {
        if (left() < 8) {
            throw bad("cut off");
        }
        long value = 0;
        for (int i = 0; i < 8; i++) {
            value = (value << 8) | (bytes[at++] & 0xff);
        }
        return value;
    }

    private long bits() throws BadPeerMessage {
        long value = 0;
        for (int shift = 0; shift < 64; shift += 7) {
            int next = octet();
            value |= (next & 0x7fL) << shift;
            if (next < 0x80) {
                return value;
            }
        }
        throw bad("a number without an end");
    }

    /** A number from 0 to {@code most}. */
    long number(long most) throws BadPeerMessage {
        long value = bits();
        if (value < 0 || value > most) {
            throw bad("a number out of range");
        }
        return value;
    }

    /** A count of things that take at least so many bytes each. */
    int count(int bytesEach) throws BadPeerMessage {
        return (int) number(left() / bytesEach);
    }

    long signed() throws BadPeerMessage {
        long value = bits();
        return (value >>> 1) ^ -(value & 1);
    }

    byte[] rest(int most) throws BadPeerMessage {
        if (left() > most) {
            throw bad("too long");
        }
        byte[] rest = Arrays.copyOfRange(bytes, at, bytes.length);
        at = bytes.length;
        return rest;
    }

    static BadPeerMessage bad(String text) {
        return new BadPeerMessage(Why.MALFORMED, text);
    }
}
