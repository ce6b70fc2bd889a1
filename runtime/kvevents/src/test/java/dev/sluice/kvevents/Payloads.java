package dev.sluice.kvevents;

import dev.sluice.core.kv.KvBatch;
import dev.sluice.core.kv.KvEvent;
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

    /** A batch that was read, packed again in map form; without extras. */
    static byte[] of(KvBatch batch) {
        try (MessageBufferPacker out = MessagePack.newDefaultBufferPacker()) {
            out.packArrayHeader(2).packDouble(batch.seconds());
            out.packArrayHeader(batch.events().size());
            for (KvEvent event : batch.events()) {
                event(out, event);
            }
            return out.toByteArray();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void event(MessageBufferPacker out, KvEvent event) throws IOException {
        switch (event) {
            case KvEvent.Stored stored -> {
                out.packMapHeader(7).packString("type").packString("BlockStored");
                hashes(out, stored.hashes());
                out.packString("parent_block_hash");
                if (stored.parent().isPresent()) {
                    out.packLong(stored.parent().getAsLong());
                } else {
                    out.packNil();
                }
                out.packString("token_ids").packArrayHeader(stored.tokens().length);
                for (int token : stored.tokens()) {
                    out.packInt(token);
                }
                out.packString("block_size").packInt(stored.blockSize());
                out.packString("lora_name").packString(stored.adapter());
                out.packString("medium").packString(stored.tier().name());
            }
            case KvEvent.Removed removed -> {
                out.packMapHeader(3).packString("type").packString("BlockRemoved");
                hashes(out, removed.hashes());
                out.packString("medium").packString(removed.tier().name());
            }
            case KvEvent.Cleared cleared ->
                out.packMapHeader(1).packString("type").packString("AllBlocksCleared");
        }
    }

    private static void hashes(MessageBufferPacker out, long[] hashes) throws IOException {
        out.packString("block_hashes").packArrayHeader(hashes.length);
        for (long hash : hashes) {
            out.packLong(hash);
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
