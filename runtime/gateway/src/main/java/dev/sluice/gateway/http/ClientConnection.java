package dev.sluice.gateway.http;

import io.helidon.common.concurrency.limits.Limit;
import io.helidon.common.concurrency.limits.LimitAlgorithm.Outcome;
import io.helidon.webserver.ConnectionContext;
import io.helidon.webserver.spi.ServerConnection;
import java.io.IOException;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * One client's connection, in the place of Helidon's own: hot requests are handled here, any other is handed to Helidon
 * one at a time. Requests are answered in the order they came.
 */
final class ClientConnection implements ServerConnection {
    private static final System.Logger LOG = System.getLogger(ClientConnection.class.getName());
    private static final long LINGER = Duration.ofSeconds(1).toNanos();

    private final HotConnections owner;
    private final ConnectionContext context;
    private final Wire wire;
    private final Intake intake;
    private final HeaderBlock headers = new HeaderBlock();
    private final boolean late;
    private volatile boolean idle = true;
    private volatile boolean closing;
    private volatile long since = System.nanoTime();
    private volatile @Nullable Thread thread;
    private volatile @Nullable ServerConnection cold;

    ClientConnection(HotConnections owner, ConnectionContext context, Wire wire) {
        this.owner = owner;
        this.late = owner.closing();
        this.context = context;
        this.wire = wire;
        this.intake = new Intake(wire, owner.limits());
    }

    /** On one of Helidon's threads, which only waits when the requests are handled on the loop's. */
    @Override
    public void handle(Limit limit) throws InterruptedException {
        Optional<Thread> mounted = wire instanceof ChannelWire channel
                ? channel.loop().mount("client", () -> {
                    try {
                        serve(limit);
                    } catch (InterruptedException e) {
                        LOG.log(System.Logger.Level.TRACE, "client connection interrupted", e);
                    }
                })
                : Optional.empty();
        if (mounted.isEmpty()) {
            serve(limit);
            return;
        }
        try {
            mounted.get().join();
        } catch (InterruptedException e) {
            mounted.get().interrupt();
            throw e;
        }
    }

    private void serve(Limit limit) throws InterruptedException {
        thread = Thread.currentThread();
        owner.opened(this);
        try {
            HttpLimits limits = owner.limits();
            long wait = Math.min(limits.keepAlive().toNanos(), limits.headTime().toNanos());
            while (intake.awaitRequest(wait)) {
                wait = limits.keepAlive().toNanos();
                idle = false;
                boolean announces = owner.draining();
                if (!one(limit)) {
                    return;
                }
                if (!announces) { // Helidon's answers never do: they must not hold up a drain for ever
                    since = System.nanoTime();
                }
                idle = true;
                if (closing) { // a drain alone does not end what has not been announced to end
                    return;
                }
            }
        } catch (IOException e) {
            LOG.log(System.Logger.Level.TRACE, "client connection lost", e);
        } catch (InterruptedException e) {
            if (!closing()) {
                throw e;
            }
            Thread.currentThread().interrupt();
        } finally {
            owner.closed(this);
            wire.dispose();
            intake.dispose();
        }
    }

    /** One request. False when the connection ends with it. */
    private boolean one(Limit limit) throws IOException, InterruptedException {
        RequestHead head;
        try {
            head = intake.readHead();
        } catch (RequestException e) {
            refuse(e.status(), e);
            return false;
        }
        if (!owner.handler().hot(head)) {
            return new ColdRequest(this, context, wire, intake, head).handle(limit, owner.limits());
        }
        if (!(limit.tryAcquireOutcome(true) instanceof Outcome.Accepted accepted)) {
            refuse(503, new RequestException(503, "too many requests at a time"));
            return false;
        }
        boolean keep;
        try {
            keep = handle(head);
            accepted.token().success();
        } catch (IOException | InterruptedException | RuntimeException e) {
            accepted.token().dropped();
            throw e;
        }
        return keep && intake.endRequest();
    }

    private boolean handle(RequestHead head) throws IOException, InterruptedException {
        Exchange exchange = new Exchange(this, wire, intake, head, headers);
        try {
            owner.handler().handle(exchange);
            if (!exchange.started() && !exchange.gone() && !wire.closed()) {
                throw new IllegalStateException("the handler returned without an answer");
            }
        } catch (RequestException e) {
            answer(exchange, e.status(), String.valueOf(e.getMessage()));
        } catch (ClientGone e) {
            LOG.log(System.Logger.Level.TRACE, "client gone", e);
        } catch (IOException | RuntimeException e) {
            LOG.log(System.Logger.Level.WARNING, "request failed", e);
            answer(exchange, 500, "internal error");
        }
        boolean finished = exchange.finished();
        boolean keep = exchange.end();
        if (finished && !keep) {
            intake.refund();
            linger();
        }
        return keep;
    }

    private void answer(Exchange exchange, int status, String message) throws IOException {
        if (exchange.started() || exchange.gone()) {
            return;
        }
        exchange.closeAfter();
        HeaderBlock block = exchange.headers().clear().add("content-type", "application/json");
        owner.handler().errorHeaders(status, block);
        exchange.respond(status, block, owner.handler().errorBody(status, message));
    }

    /** Answers a request that has no proper head. */
    private void refuse(int status, RequestException why) throws IOException {
        byte[] body = owner.handler().errorBody(status, String.valueOf(why.getMessage()));
        Lease out = Lease.of(body.length + 512);
        try {
            ByteBuffer b = out.bytes;
            StatusLines.put(b, status);
            headers.clear()
                    .add("content-type", "application/json")
                    .add("content-length", Integer.toString(body.length))
                    .add("connection", "close");
            owner.handler().errorHeaders(status, headers);
            headers.putInto(b);
            wire.write(
                    b.put((byte) '\r').put((byte) '\n').put(body).flip(),
                    owner.limits().writeStall().toNanos());
        } finally {
            out.release();
        }
        linger();
    }

    private void linger() throws IOException {
        if (!wire.closed()) {
            wire.endOutput();
            try {
                intake.linger(LINGER);
            } catch (Wire.TimedOut e) {
                LOG.log(System.Logger.Level.TRACE, "the client did not close", e);
            }
        }
    }

    ServerConnection inner(ConnectionContext request) {
        return owner.cold(request);
    }

    void cold(@Nullable ServerConnection inner) {
        cold = inner;
    }

    SocketAddress remoteAddress() {
        return context.remotePeer().address();
    }

    boolean secure() {
        return context.isSecure();
    }

    long stall() {
        return owner.limits().writeStall().toNanos();
    }

    boolean closing() {
        return closing || owner.draining();
    }

    boolean late() {
        return late;
    }

    /** Closes it when it is idle. True when it is not, or when it was opened or left open so shortly ago that its client may be sending. */
    boolean closeIdle(long linger) {
        boolean unused = idle; // before since, which is set before it
        boolean young = System.nanoTime() - since < (late ? LINGER : linger);
        if (unused && !young) {
            close(false);
        }
        return !unused || (!late && young);
    }

    @Override
    public Duration idleTime() {
        return idle ? Duration.ofNanos(System.nanoTime() - since) : Duration.ZERO;
    }

    @Override
    public void close(boolean interrupt) {
        closing = true;
        ServerConnection inner = cold;
        if (inner != null) {
            inner.close(interrupt);
        }
        if (interrupt || idle) {
            wire.close();
        }
        Thread t = thread;
        if (interrupt && t != null) {
            t.interrupt();
        }
    }
}
