package dev.sluice.gateway.http;

import io.helidon.common.socket.HelidonSocket;
import io.helidon.common.socket.PlainSocket;
import java.lang.reflect.Field;
import java.util.Optional;

/**
 * Takes the buffer of 8 KiB from Helidon's sockets whose channel is ours. Helidon makes one with each connection and keeps it to its
 * end, and nobody uses it once a {@link ChannelWire} owns the bytes: with 5,000 open streams that is 40 MB of heap.
 *
 * <p>There is no public way, so a private field is set. Where that is not possible, or the field is called otherwise
 * in another Helidon, there is no harm but the memory. {@code SpareBuffersTest} holds it.
 */
final class SpareBuffers {
    private static final System.Logger LOG = System.getLogger(SpareBuffers.class.getName());
    private static final byte[] NONE = {};
    private static final Optional<Field> FIELD = find();

    private SpareBuffers() {}

    private static Optional<Field> find() {
        try {
            Field field = PlainSocket.class.getDeclaredField("readBuffer");
            field.setAccessible(true);
            return Optional.of(field);
        } catch (ReflectiveOperationException | RuntimeException e) {
            LOG.log(System.Logger.Level.DEBUG, "connections keep Helidon's buffers", e);
            return Optional.empty();
        }
    }

    /** Nothing is read from this socket or written to it any more; it may still be closed, and asked who its peer is. */
    static void drop(HelidonSocket socket) {
        if (FIELD.isEmpty() || !socket.getClass().equals(PlainSocket.class)) {
            return;
        }
        try {
            FIELD.get().set(socket, NONE);
        } catch (IllegalAccessException e) {
            LOG.log(System.Logger.Level.DEBUG, "a connection keeps Helidon's buffer", e);
        }
    }
}
