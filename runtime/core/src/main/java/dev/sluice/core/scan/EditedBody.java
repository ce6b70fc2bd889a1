package dev.sluice.core.scan;

import java.nio.ByteBuffer;
import java.util.List;

/**
 * A body after its edits, as pieces to be sent one after another.
 *
 * @param slices the pieces; those of the client's body are views of its bytes, which are not copied. Their positions move when
 *     they are read
 * @param length bytes in all of them, for Content-Length
 */
public record EditedBody(List<ByteBuffer> slices, int length) {
    /** Copies the list, not the bytes. */
    public EditedBody {
        slices = List.copyOf(slices);
    }

    /** All bytes in one array; leaves the slices as they are. */
    public byte[] toBytes() {
        byte[] bytes = new byte[length];
        int at = 0;
        for (ByteBuffer slice : slices) {
            int size = slice.remaining();
            slice.get(slice.position(), bytes, at, size);
            at += size;
        }
        return bytes;
    }
}
