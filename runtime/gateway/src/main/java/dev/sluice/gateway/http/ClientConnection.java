package dev.sluice.gateway.http;

import io.helidon.common.concurrency.limits.Limit;
import io.helidon.common.concurrency.limits.LimitAlgorithm.Outcome;
import io.helidon.webserver.ConnectionContext;
import io.helidon.webserver.spi.ServerConnection;
import java.io.IOException;
import java.net.SocketAddress;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * One client's connection, in the place of Helidon's own: hot requests are handled here, any other is handed to Helidon
 * one at a time. Requests are answered in the order they came.
 */
final class ClientConnection implements ServerConnection {
    private static final System.Logger LOG = System.getLogger(ClientConnection.class.getName());

    private final HotConnections owner;
    private final ConnectionContext context;
    private final Wire wire;
    private final Intake intake;
    private final HeaderBlock headers = new HeaderBlock();
    private final boolean late;
    private final @Nullable PendingConnection pending;
    private volatile boolean idle = true;
    private volatile boolean closing;
    private volatile long since;
    private volatile @Nullable Thread thread;
    private volatile @Nullable ServerConnection cold;

    /** One of which nothing has been read yet. */
    ClientConnection(HotConnections owner, ConnectionContext context, Wire wire) {
        this(owner, context, wire, null, System.nanoTime(), owner.closing());
    }

    /** One whose first head is there. */
    ClientConnection(HotConnections owner, ConnectionContext context, PendingConnection pending) {
        this(owner, context, pending.wire(), pending, pending.since(), pending.late());
    }

    private ClientConnection(
            HotConnections owner,
            ConnectionContext context,
            Wire wire,
            @Nullable PendingConnection pending,
            long since,
            boolean late) {
        this.owner = owner;
        this.pending = pending;
        this.since = since;
        this.late = late;
        this.context = context;
        this.wire = wire;
        this.intake = new Intake(wire, owner.limits());
    }

    /**
     * Where it has been pending, on a thread of its loop. Else on one of Helidon's: it waits for the first head itself, so that who never
     * sends one costs no thread of the loop, and then only waits for the one that goes on there.
     */
    @Override
    public void handle(Limit limit) throws InterruptedException {
        thread = Thread.currentThread();
        owner.opened(this, pending);
        Optional<Thread> mounted = Optional.empty();
        try {
            if (pending != null || begins()) {
                mounted = mount(limit);
                if (mounted.isEmpty()) {
                    serve(limit);
                }
            }
        } finally {
            if (mounted.isEmpty()) {
                end();
            }
        }
        if (mounted.isPresent()) {
            join(mounted.get());
        }
    }

    /** Waits for the first head. False when there will be none. */
    private boolean begins() {
        try {
            return firstHead();
        } catch (IOException e) {
            LOG.log(System.Logger.Level.TRACE, "client connection lost", e);
            return false;
        }
    }

    private boolean firstHead() throws IOException {
        HttpLimits limits = owner.limits();
        if (!intake.awaitRequest(
                Math.min(limits.keepAlive().toNanos(), limits.headTime().toNanos()))) {
            return false;
        }
        idle = false;
        try {
            intake.awaitHead();
            return true;
        } catch (RequestException e) {
            refuse(e);
            return false;
        }
    }

    /** Starts the thread of the loop that goes on and ends the connection, where there can be one and this is none. */
    private Optional<Thread> mount(Limit limit) {
        if (pending != null || !(wire instanceof ChannelWire channel)) {
            return Optional.empty();
        }
        return channel.loop().mount("client", () -> {
            try {
                serve(limit);
            } catch (InterruptedException e) {
                LOG.log(System.Logger.Level.TRACE, "client connection interrupted", e);
            } finally {
                end();
            }
        });
    }

    private static void join(Thread mounted) throws InterruptedException {
        try {
            mounted.join();
        } catch (InterruptedException e) {
            mounted.interrupt();
            throw e;
        }
    }

    private void serve(Limit limit) throws InterruptedException {
        thread = Thread.currentThread();
        try {
            while (intake.awaitRequest(owner.limits().keepAlive().toNanos())) {
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
        }
    }

    private void end() {
        owner.closed(this);
        wire.dispose();
        intake.dispose();
    }

    /** One request. False when the connection ends with it. */
    private boolean one(Limit limit) throws IOException, InterruptedException {
        RequestHead head;
        try {
            head = intake.readHead();
        } catch (RequestException e) {
            refuse(e);
            return false;
        }
        if (!owner.handler().hot(head)) {
            return new ColdRequest(this, context, wire, intake, head).handle(limit, owner.limits());
        }
        if (!(limit.tryAcquireOutcome(true) instanceof Outcome.Accepted accepted)) {
            refuse(new RequestException(503, "too many requests at a time"));
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
            Refusal.linger(wire);
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

    private void refuse(RequestException why) throws IOException {
        Refusal.send(wire, owner.handler(), owner.limits(), why);
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
        boolean young = System.nanoTime() - since < (late ? Refusal.LINGER : linger);
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
