package dev.sluice.gateway.extproc;

import com.google.protobuf.ByteString;
import java.nio.ByteBuffer;
import java.util.Arrays;

/** A request's body as it comes in, in one array: as large as its client says, and grown when that was too little. */
final class BodyBuffer {
    private static final int SMALL = 8 << 10;
    /** What a client says is believed up to here. */
    private static final int BELIEVED = 1 << 20;

    private byte[] bytes;
    private int length;

    /** @param expected bytes, or less than 0 */
    BodyBuffer(long expected) {
        bytes = new byte[Math.clamp(expected < 0 ? SMALL : expected, 0, BELIEVED)];
    }

    int length() {
        return length;
    }

    void add(ByteString piece) {
        int size = piece.size();
        if (length + size > bytes.length) {
            bytes = Arrays.copyOf(bytes, Math.max(length + size, Math.max(SMALL, 2 * bytes.length)));
        }
        piece.copyTo(bytes, length);
        length += size;
    }

    /** The bytes; those beyond the length are none. */
    byte[] array() {
        return bytes;
    }

    ByteBuffer view() {
        return ByteBuffer.wrap(bytes, 0, length);
    }
}
