package dev.sluice.gateway.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.helidon.common.socket.HelidonSocket;
import io.helidon.common.socket.PlainSocket;
import java.io.IOException;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.Buffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

/** What a new Helidon has to keep for 5,000 streams to fit, and what it may keep again if it does not. */
class SpareBuffersTest {
    @Test
    void aSocketWhoseChannelIsOursHoldsNoBuffers() throws Exception {
        try (ServerSocketChannel listener =
                        ServerSocketChannel.open().bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
                SocketChannel client = SocketChannel.open(listener.getLocalAddress());
                SocketChannel accepted = listener.accept()) {
            HelidonSocket socket = PlainSocket.server(accepted.socket(), "a", "b");
            assertThat(held(socket)).isGreaterThanOrEqualTo(8192);

            SpareBuffers.drop(socket);

            assertThat(held(socket)).isZero();
            assertThat(socket.remotePeer().address()).isEqualTo(client.getLocalAddress());
            socket.close();
            assertThat(accepted.isOpen()).isFalse();
        }
    }

    private static int held(HelidonSocket socket) throws IOException {
        return Arrays.stream(PlainSocket.class.getDeclaredFields())
                .filter(field -> !Modifier.isStatic(field.getModifiers()))
                .mapToInt(field -> capacity(field, socket))
                .sum();
    }

    private static int capacity(Field field, HelidonSocket socket) {
        field.setAccessible(true);
        try {
            return switch (field.get(socket)) {
                case byte[] bytes -> bytes.length;
                case Buffer buffer -> buffer.capacity();
                default -> 0;
            };
        } catch (IllegalAccessException e) {
            throw new AssertionError(e);
        }
    }
}
