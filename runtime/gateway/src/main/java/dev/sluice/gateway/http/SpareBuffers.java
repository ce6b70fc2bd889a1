package dev.sluice.gateway.http;

import io.helidon.common.socket.HelidonSocket;
import io.helidon.common.socket.NioSocket;
import java.lang.reflect.Field;
import java.nio.ByteBuffer;
import java.util.List;

/**
 * Takes the two buffers of 8 KiB from Helidon's sockets whose channel is ours. Helidon makes them with each connection and keeps them to its
 * end, and nobody uses them once a {@link ChannelWire} owns the bytes: with 5,000 open streams they are 80 MB of heap, a
 * fifth of what a stream costs.
 *
 * <p>There is no public way, so two private fields are set. Where that is not possible, or the fields are called otherwise
 * in another Helidon, there is no harm but the memory. {@code SpareBuffersTest} holds it.
 */
final class SpareBuffers {
    private static final System.Logger LOG = System.getLogger(SpareBuffers.class.getName());
    private static final ByteBuffer NONE = ByteBuffer.allocate(0);
    private static final List<Field> FIELDS = find();

    private SpareBuffers() {}

    private static List<Field> find() {
        try {
            List<Field> fields = List.of(
                    NioSocket.class.getDeclaredField("readBuffer"), NioSocket.class.getDeclaredField("writeBuffer"));
            for (Field field : fields) {
                field.setAccessible(true);
            }
            return fields;
        } catch (ReflectiveOperationException | RuntimeException e) {
            LOG.log(System.Logger.Level.DEBUG, "connections keep Helidon's buffers", e);
            return List.of();
        }
    }

    /** Nothing is read from this socket or written to it any more; it may still be closed, and asked who its peer is. */
    static void drop(HelidonSocket socket) {
        if (!socket.getClass().equals(NioSocket.class)) {
            return;
        }
        try {
            for (Field field : FIELDS) {
                field.set(socket, NONE);
            }
        } catch (IllegalAccessException e) {
            LOG.log(System.Logger.Level.DEBUG, "a connection keeps Helidon's buffers", e);
        }
    }
}
