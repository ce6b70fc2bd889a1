package dev.sluice.gateway.http;

import dev.sluice.gateway.http.UpstreamException.ConnectFailed;
import java.io.Closeable;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.StandardSocketOptions;
import java.nio.channels.SocketChannel;
import java.util.ArrayDeque;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;

/** The pool of one endpoint. */
final class LifoPool implements UpstreamPool {
    private final Loop loop;
    private final InetSocketAddress address;
    private final String host;
    private final PoolLimits limits;
    private final @Nullable SSLContext tls;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition place = lock.newCondition();
    private final ArrayDeque<Link> idle = new ArrayDeque<>();
    private int total;
    private boolean closed;

    LifoPool(Loop loop, InetSocketAddress address, PoolLimits limits, @Nullable SSLContext tls) {
        this.loop = loop;
        this.address = address;
        this.limits = limits;
        this.tls = tls;
        String name = address.getHostString();
        this.host = (name.indexOf(':') >= 0 ? "[" + name + "]" : name) + ":" + address.getPort();
    }

    @Override
    public InetSocketAddress address() {
        return address;
    }

    /** The Host header's value. */
    String host() {
        return host;
    }

    PoolLimits limits() {
        return limits;
    }

    @Override
    public UpstreamConnection take() throws ConnectFailed, InterruptedException {
        Link link = claim(false);
        // Not under the lock: a watcher that is being told right now may be waiting for it.
        while (link != null && !link.usable()) {
            link.close();
            gone();
            link = claim(false);
        }
        return new Leg(this, link != null ? link : connect());
    }

    @Override
    public UpstreamConnection takeFresh() throws ConnectFailed, InterruptedException {
        Link oldest = claim(true);
        if (oldest != null) {
            oldest.close();
        }
        return new Leg(this, connect());
    }

    /**
     * An idle link, or null for the right to open one. Fresh: always the right to open one, with the oldest idle link
     * when it has to make room.
     */
    private @Nullable Link claim(boolean fresh) throws ConnectFailed, InterruptedException {
        long nanos = limits.connect().toNanos();
        lock.lock();
        try {
            while (true) {
                if (closed) {
                    throw new ConnectFailed("the endpoint is gone");
                }
                Link mine = fresh ? null : mine();
                if (mine != null) {
                    return mine;
                }
                if (total < limits.connections()) {
                    total++;
                    return null;
                }
                if (!idle.isEmpty()) {
                    return idle.removeLast();
                }
                if (nanos <= 0) {
                    throw new ConnectFailed("all " + limits.connections() + " connections are in use");
                }
                nanos = place.awaitNanos(nanos);
            }
        } finally {
            lock.unlock();
        }
    }

    /** The newest idle link of the loop that the request runs on. */
    private @Nullable Link mine() {
        Loop here = loop.near();
        for (Iterator<Link> links = idle.iterator(); links.hasNext(); ) {
            Link link = links.next();
            if (link.on(here)) {
                links.remove();
                return link;
            }
        }
        return null;
    }

    private Link connect() throws ConnectFailed {
        return tls == null ? connectPlain() : connectSecure(tls);
    }

    private Link connectSecure(SSLContext context) throws ConnectFailed {
        long end = Wire.in(limits.connect().toNanos());
        Socket plain = new Socket();
        SocketWire wire = null;
        try {
            if (address.isUnresolved()) {
                throw new IOException("unknown host " + host);
            }
            plain.setTcpNoDelay(true);
            plain.setKeepAlive(true);
            plain.connect(address, Math.max(1, (int) limits.connect().toMillis()));
            TlsCarrier carrier = new TlsCarrier(plain, context, address.getHostString(), address.getPort());
            wire = new SocketWire(loop.near(), carrier, new byte[0]);
            wire.within(end - System.nanoTime(), carrier::handshake);
            return new Link(this, wire);
        } catch (IOException | RuntimeException e) {
            if (wire != null) {
                wire.dispose();
            }
            closeQuietly(plain);
            gone();
            throw new ConnectFailed("cannot connect to " + host + ": " + e);
        }
    }

    private Link connectPlain() throws ConnectFailed {
        SocketChannel channel = null;
        ChannelWire wire = null;
        try {
            if (address.isUnresolved()) {
                throw new IOException("unknown host " + host);
            }
            channel = SocketChannel.open();
            channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
            channel.setOption(StandardSocketOptions.SO_KEEPALIVE, true);
            channel.configureBlocking(false);
            boolean done = channel.connect(address);
            wire = new ChannelWire(loop.near(), channel);
            if (!done) {
                wire.connected(limits.connect().toNanos());
            }
            return new Link(this, wire);
        } catch (IOException | RuntimeException e) {
            if (wire != null) {
                wire.dispose();
            } else if (channel != null) {
                closeQuietly(channel);
            }
            gone();
            throw new ConnectFailed("cannot connect to " + host + ": " + e);
        }
    }

    private static void closeQuietly(Closeable channel) {
        try {
            channel.close();
        } catch (IOException e) {
            // nothing is open any more
        }
    }

    /** Takes a clean link back. */
    void give(Link link) {
        lock.lock();
        try {
            if (!closed) {
                idle.addFirst(link);
                place.signal();
                link.rest(limits.idleExpiry().toNanos());
                return;
            }
            total--;
        } finally {
            lock.unlock();
        }
        link.close();
    }

    /** A link in use was closed. */
    void gone() {
        lock.lock();
        try {
            total--;
            place.signal();
        } finally {
            lock.unlock();
        }
    }

    /** The other side closed an idle link, or its time is over. Takes the lock: not on a loop's own thread. */
    void stale(Link link) {
        lock.lock();
        try {
            if (idle.remove(link)) {
                total--;
                place.signal();
            }
        } finally {
            lock.unlock();
        }
        link.closeWire();
    }

    @Override
    public int active() {
        lock.lock();
        try {
            return total - idle.size();
        } finally {
            lock.unlock();
        }
    }

    @Override
    public int idle() {
        lock.lock();
        try {
            return idle.size();
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void close() {
        List<Link> rest;
        lock.lock();
        try {
            closed = true;
            rest = List.copyOf(idle);
            total -= rest.size();
            idle.clear();
            place.signalAll();
        } finally {
            lock.unlock();
        }
        rest.forEach(Link::close);
    }
}
