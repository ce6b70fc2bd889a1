package dev.sluice.gateway.http;

import io.helidon.common.buffers.BufferData;
import io.helidon.common.socket.SocketOptions;
import io.helidon.common.tls.Tls;
import io.helidon.webserver.ConnectionContext;
import io.helidon.webserver.ListenerConfig;
import io.helidon.webserver.http1.Http1Config;
import io.helidon.webserver.http1.Http1ConnectionSelector;
import io.helidon.webserver.spi.ServerConnection;
import io.helidon.webserver.spi.ServerConnectionSelector;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.LongAdder;
import jdk.net.ExtendedSocketOptions;
import org.jspecify.annotations.Nullable;

/**
 * Puts hot connections into one of Helidon's listeners. Helidon accepts, does TLS and serves what is not hot; until its first head is whole
 * a connection is one of {@link PendingConnections}. {@link #install} is all it takes.
 */
public final class HotConnections implements ServerConnectionSelector {
    private static final System.Logger LOG = System.getLogger(HotConnections.class.getName());

    private final Loop loop;
    private final HotHandler handler;
    private final HttpLimits limits;
    private final Http1ConnectionSelector cold;

    /** A client whose host is gone without a word is noticed after a minute. */
    private final CapturedChannels channels = new CapturedChannels(SocketOptions.builder()
            .tcpNoDelay(true)
            .socketKeepAlive(true)
            .putSocketOption(ExtendedSocketOptions.TCP_KEEPIDLE, 15)
            .putSocketOption(ExtendedSocketOptions.TCP_KEEPINTERVAL, 15)
            .putSocketOption(ExtendedSocketOptions.TCP_KEEPCOUNT, 3)
            .build());

    private final Set<ClientConnection> open = ConcurrentHashMap.newKeySet();
    private final LongAdder direct = new LongAdder();
    private final AtomicBoolean asked = new AtomicBoolean();
    private volatile Optional<PendingConnections> pending = Optional.empty();
    private volatile boolean draining;
    private volatile boolean closing;

    /**
     * @param loop does the waiting; may serve several listeners
     * @param handler the hot routes
     */
    public HotConnections(Loop loop, HotHandler handler, HttpLimits limits) {
        this.loop = loop;
        this.handler = handler;
        this.limits = limits;
        this.cold = Http1ConnectionSelector.builder()
                .config(Http1Config.builder()
                        .maxHeadersSize(limits.headBytes())
                        .maxPrologueLength(limits.headBytes())
                        .build())
                .build();
    }

    /**
     * Makes a listener's connections ours: its only protocol, and the socket options that go with it. Its TLS must have been set. Without
     * TLS, Helidon's older kind of socket is taken: it makes half as many buffers for each connection, of which none is used.
     */
    public <B extends ListenerConfig.BuilderBase<B, ?>> B install(B listener) {
        return listener.protocolsDiscoverServices(false)
                .connectionOptions(channels)
                .useNio(listener.tls().map(Tls::enabled).orElse(false))
                .writeQueueLength(0)
                .addConnectionSelector(this);
    }

    /** Connections that are open now. */
    public int connections() {
        return open.size() + waiting();
    }

    /**
     * From now on each response says that it is its connection's last, and closes it. Connections that are idle stay, and so do those
     * whose response had begun without saying so: a client may be sending on one right now, and would lose what it sent. New connections are still served: closing the listener is Helidon's business.
     */
    public void drain() {
        draining = true;
    }

    /**
     * Closes, in a drain, the connections that are idle, but not at once those that have just been opened, or that a response has left open
     * without saying that it was the last: their clients are likely to send right now, and are told with the answer. To be called until it
     * is false. Connections that are opened from now on are {@linkplain ClientExchange#late late}.
     *
     * @param linger for how long after that; ≥ 0
     * @return whether such a connection is left, or a request runs on one
     */
    public boolean closeIdle(Duration linger) {
        closing = true;
        boolean some = false;
        Optional<PendingConnections> others = pending; // first: who comes in meanwhile is seen in one of both
        if (others.isPresent()) {
            some = others.get().closeIdle(linger.toNanos());
        }
        for (ClientConnection c : open) {
            some |= c.closeIdle(linger.toNanos());
        }
        return some;
    }

    /** Connections so far whose channel could be had. */
    long direct() {
        return direct.sum();
    }

    /** Connections that have not sent a whole head yet and so have no thread. */
    int waiting() {
        return pending.map(PendingConnections::size).orElse(0);
    }

    boolean draining() {
        return draining;
    }

    boolean closing() {
        return closing;
    }

    HotHandler handler() {
        return handler;
    }

    HttpLimits limits() {
        return limits;
    }

    void pending(PendingConnections those) {
        pending = Optional.of(those);
    }

    void opened(ClientConnection c, @Nullable PendingConnection before) {
        open.add(c);
        if (before != null) {
            pending.ifPresent(p -> p.opened(before));
        }
    }

    void closed(ClientConnection c) {
        open.remove(c);
    }

    ServerConnection cold(ConnectionContext context) {
        return cold.connection(context);
    }

    @Override
    public int bytesToIdentifyConnection() {
        return 0;
    }

    @Override
    public Support supports(BufferData data) {
        return Support.SUPPORTED;
    }

    @Override
    public Set<String> supportedApplicationProtocols() {
        return Set.of("http/1.1");
    }

    @Override
    public ServerConnection connection(ConnectionContext context) {
        Optional<PendingConnections> others = pending;
        PendingConnection came = others.isEmpty() ? null : others.get().take();
        if (came == null) {
            return new ClientConnection(this, context, wire(context));
        }
        direct.increment();
        SpareBuffers.drop(context.serverSocket());
        return new ClientConnection(this, context, came);
    }

    private Wire wire(ConnectionContext context) {
        SocketChannel channel = channels.take(context.remotePeer().address());
        int already = context.dataReader().available();
        if (channel != null && !context.isSecure() && already == 0) {
            try {
                direct.increment();
                ChannelWire wire = new ChannelWire(loop.any(), channel);
                SpareBuffers.drop(context.serverSocket());
                if (asked.compareAndSet(false, true)) { // the first shows the listener
                    PendingConnections.install(this, loop, channels, context.listenerContext());
                }
                return wire;
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
        LOG.log(System.Logger.Level.TRACE, "a connection through Helidon's socket");
        byte[] bytes = already == 0
                ? new byte[0]
                : context.dataReader().readBuffer(already).readBytes();
        return new SocketWire(loop.any(), new HelidonCarrier(context.serverSocket(), channel), bytes);
    }
}
