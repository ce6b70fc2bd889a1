package dev.sluice.gateway.http;

import java.net.InetSocketAddress;
import java.util.Optional;
import javax.net.ssl.SSLContext;

/**
 * The connections to one endpoint: last in, first out, bounded; idle ones are watched, so that one which the engine has
 * closed is dropped at once and never used. Thread-safe.
 */
public interface UpstreamPool extends AutoCloseable {
    /**
     * A pool for one endpoint; opens nothing yet.
     *
     * @param loop does the waiting
     * @param address where the engine listens
     */
    static UpstreamPool of(Loop loop, InetSocketAddress address, PoolLimits limits) {
        return new LifoPool(loop, address, limits, null);
    }

    /**
     * The same for an engine that is spoken to by TLS, when there is a context; its certificate must be for the
     * address's host.
     *
     * @param tls what its certificate is judged by
     */
    static UpstreamPool of(Loop loop, InetSocketAddress address, PoolLimits limits, Optional<SSLContext> tls) {
        return new LifoPool(loop, address, limits, tls.orElse(null));
    }

    /** The endpoint. */
    InetSocketAddress address();

    /**
     * An idle connection, or a new one.
     *
     * @throws UpstreamException.ConnectFailed when there is none within the connect limit
     */
    UpstreamConnection take() throws UpstreamException.ConnectFailed, InterruptedException;

    /** As {@link #take()}, but never an idle one: for the second attempt after a stale connection. */
    UpstreamConnection takeFresh() throws UpstreamException.ConnectFailed, InterruptedException;

    /** Connections in use. */
    int active();

    /** Connections that wait for work. */
    int idle();

    /** Closes idle connections now and those in use when they come back. */
    @Override
    void close();
}
