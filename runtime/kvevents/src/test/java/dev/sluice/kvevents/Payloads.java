package dev.sluice.kvevents;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Arrays;
import org.msgpack.core.MessageBufferPacker;
import org.msgpack.core.MessagePack;

/** Payloads as engines pack them. */
final class Payloads {
    private Payloads() {}

    /** One event in map form: {@code hashes.length} blocks of 4 tokens that count up from the first hash. */
    static byte[] stored(double seconds, long parent, long... hashes) {
        try (MessageBufferPacker out = MessagePack.newDefaultBufferPacker()) {
            out.packArrayHeader(3).packDouble(seconds).packArrayHeader(1).packMapHeader(5);
            out.packString("type").packString("BlockStored").packString("block_hashes");
            out.packArrayHeader(hashes.length);
            for (long hash : hashes) {
                out.packLong(hash);
            }
            out.packString("parent_block_hash");
            if (parent == 0) {
                out.packNil();
            } else {
                out.packLong(parent);
            }
            out.packString("token_ids").packArrayHeader(4 * hashes.length);
            for (int i = 0; i < 4 * hashes.length; i++) {
                out.packInt((int) hashes[0] + i);
            }
            out.packString("block_size").packInt(4).packNil();
            return out.toByteArray();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static byte[] empty(double seconds) {
        return hex("93cb40140000000000009000", seconds);
    }

    private static byte[] hex(String text, double seconds) {
        byte[] bytes = java.util.HexFormat.of().parseHex(text);
        long bits = Double.doubleToLongBits(seconds);
        for (int i = 0; i < 8; i++) {
            bytes[2 + i] = (byte) (bits >>> (56 - 8 * i));
        }
        return Arrays.copyOf(bytes, bytes.length);
    }
}
