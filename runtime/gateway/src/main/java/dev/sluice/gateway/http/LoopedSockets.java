package dev.sluice.gateway.http;

import io.helidon.common.socket.SocketOptions;
import io.helidon.webserver.ConnectionContext;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.SocketChannel;
import java.util.Optional;

/** Puts the connections of one of Helidon's listeners on a loop, for a protocol that is Helidon's to speak. */
public final class LoopedSockets {
    private final Loop loop;
    private final CapturedChannels channels;

    /**
     * For a listener.
     *
     * @param options of its sockets
     */
    public LoopedSockets(Loop loop, SocketOptions options) {
        this.loop = loop;
        this.channels = new CapturedChannels(options);
    }

    /** The options that the listener must be given. */
    public SocketOptions options() {
        return channels;
    }

    /**
     * Takes a connection's socket over. What Helidon has read of it already stays with Helidon.
     *
     * @return empty when it has TLS, or this JVM does not let a loop mount threads: then it stays as it is
     */
    public Optional<LoopedSocket> take(ConnectionContext context) {
        SocketChannel channel = channels.take(context.remotePeer().address());
        if (channel == null || context.isSecure() || Mounts.on(loop).isEmpty()) {
            return Optional.empty();
        }
        try {
            Loop one = loop.any();
            return Optional.of(new LoopedSocket(one, new ChannelWire(one, channel)));
        } catch (IOException lost) {
            throw new UncheckedIOException(lost);
        }
    }
}
