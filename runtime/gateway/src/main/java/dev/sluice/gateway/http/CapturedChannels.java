package dev.sluice.gateway.http;

import io.helidon.common.socket.SocketOptions;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.SocketAddress;
import java.net.SocketOption;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Socket options that remember which channel they were applied to: the one public place where Helidon shows the channel
 * of a connection it accepted. Kept by remote address until the connection asks for it; a connection that cannot find its
 * channel goes through Helidon's socket instead. A test pins this down for the next Helidon.
 */
final class CapturedChannels implements SocketOptions {
    private static final int SWEEP_ABOVE = 1024;

    private final SocketOptions options;
    private final ConcurrentHashMap<SocketAddress, SocketChannel> channels = new ConcurrentHashMap<>();
    /** Only for the thread that accepts. */
    private @Nullable SocketChannel newest;

    CapturedChannels(SocketOptions options) {
        this.options = options;
    }

    @Override
    public void configureSocket(SocketChannel channel) {
        options.configureSocket(channel);
        try {
            channels.put(channel.getRemoteAddress(), channel);
            newest = channel;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        if (channels.size() > SWEEP_ABOVE) {
            channels.values().removeIf(c -> !c.isOpen());
        }
    }

    /** The one that the current thread has accepted last, when it has not been asked for. */
    @Nullable
    SocketChannel newest() {
        SocketChannel channel = newest;
        newest = null;
        return channel;
    }

    @Nullable
    SocketChannel take(SocketAddress remote) {
        return channels.remove(remote);
    }

    @Override
    public Map<SocketOption<?>, Object> socketOptions() {
        return options.socketOptions();
    }

    @Override
    public Duration connectTimeout() {
        return options.connectTimeout();
    }

    @Override
    public Duration readTimeout() {
        return options.readTimeout();
    }

    @Override
    public Optional<Integer> socketReceiveBufferSize() {
        return options.socketReceiveBufferSize();
    }

    @Override
    public Optional<Integer> socketSendBufferSize() {
        return options.socketSendBufferSize();
    }

    @Override
    public boolean socketReuseAddress() {
        return options.socketReuseAddress();
    }

    @Override
    public boolean socketKeepAlive() {
        return options.socketKeepAlive();
    }

    @Override
    public boolean tcpNoDelay() {
        return options.tcpNoDelay();
    }
}
