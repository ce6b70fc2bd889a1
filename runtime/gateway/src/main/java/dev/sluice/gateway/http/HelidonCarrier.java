package dev.sluice.gateway.http;

import io.helidon.common.buffers.BufferData;
import io.helidon.common.socket.HelidonSocket;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.SocketChannel;
import org.jspecify.annotations.Nullable;

/** A client's connection as Helidon carries it: TLS, and plaintext when its channel could not be had. */
final class HelidonCarrier implements Carrier {
    private final HelidonSocket socket;
    private final @Nullable SocketChannel channel;

    /**
     * Over an accepted connection.
     *
     * @param channel below the socket, to close without a farewell that could wait; when it is known
     */
    HelidonCarrier(HelidonSocket socket, @Nullable SocketChannel channel) {
        this.socket = socket;
        this.channel = channel;
    }

    @Override
    public byte @Nullable [] get() throws IOException {
        try {
            return socket.get();
        } catch (UncheckedIOException e) {
            throw e.getCause();
        } catch (RuntimeException e) {
            throw new IOException(e);
        }
    }

    @Override
    public void write(byte[] bytes) throws IOException {
        try {
            socket.write(BufferData.create(bytes));
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
    }

    @Override
    public void cut() {
        try {
            if (channel != null) {
                channel.close();
            } else {
                // may want to write, and to wait: never on the loop's thread
                Thread.ofVirtual().name("socket-close").start(socket::close);
            }
        } catch (IOException e) {
            // the descriptor is gone either way
        }
    }

    /** Helidon closes its socket itself, with TLS's own farewell, when the connection's handler returns. */
    @Override
    public void dispose() {}
}
