package dev.sluice.gateway.http;

import io.helidon.common.buffers.BufferData;
import io.helidon.common.buffers.DataReader;
import io.helidon.common.buffers.DataWriter;
import io.helidon.common.concurrency.limits.Limit;
import io.helidon.common.socket.HelidonSocket;
import io.helidon.common.socket.PeerInfo;
import io.helidon.webserver.CloseConnectionException;
import io.helidon.webserver.ConnectionContext;
import io.helidon.webserver.ListenerContext;
import io.helidon.webserver.ProxyProtocolData;
import io.helidon.webserver.Router;
import io.helidon.webserver.spi.ServerConnection;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * One request for Helidon's own HTTP/1 connection and routing. It reads exactly this request's bytes, then the end of the
 * stream; that it came to ask for more says that it would have kept the connection, so we do. The head has been checked
 * by our parser already. A chunked body is read here and handed on with a length.
 */
final class ColdRequest implements ConnectionContext, Supplier<byte[]>, DataWriter {
    private static final long MOST_CHUNKED = 4 << 20;
    private static final int UNCHANGED = -1;
    /** Where in an answer its status begins. */
    private static final int STATUS = "HTTP/1.1 ".length();

    private static final BodyBudget UNLIMITED = new BodyBudget() {
        @Override
        public boolean tryReserve(long bytes, Duration wait) {
            return true;
        }

        @Override
        public void release(long bytes) {}
    };

    private final ClientConnection connection;
    private final ConnectionContext context;
    private final Wire wire;
    private final Intake intake;
    private final RequestHead head;
    private final DataReader reader;
    private byte @Nullable [] first;
    private long left;
    private boolean askedForMore;

    /** The client may wait to be told to send its body. */
    private boolean waits;

    private volatile boolean answered;

    /** Answers to HEAD have no body (RFC 9110 9.3.2), whatever Helidon writes: a client would read it as the next answer. */
    private final boolean headOnly;

    /** How much of the answer's head has been written; -1 behind its end. */
    private int headWritten;

    private boolean interim;
    private int lineEnds;

    ColdRequest(ClientConnection connection, ConnectionContext context, Wire wire, Intake intake, RequestHead head) {
        this.connection = connection;
        this.context = context;
        this.wire = wire;
        this.intake = intake;
        this.head = head;
        this.reader = DataReader.create(this);
        this.headOnly = head.methodIs("HEAD");
    }

    /** False when the connection ends with this request. */
    boolean handle(Limit limit, HttpLimits limits) throws IOException, InterruptedException {
        boolean keep = head.keepAlive();
        if (head.chunked()) {
            first = withLength();
        } else {
            first = intake.feedHead();
            left = Math.max(0, head.contentLength());
            waits = head.expectContinue() && left > 0;
            if (waits) {
                first = head(UNCHANGED);
            }
        }
        ServerConnection inner = connection.inner(this);
        connection.cold(inner);
        try {
            inner.handle(limit);
            return false;
        } catch (CloseConnectionException e) {
            if (!askedForMore || !keep) {
                return false;
            }
        } catch (UncheckedIOException e) {
            throw e.getCause();
        } finally {
            connection.cold(null);
        }
        if (!head.chunked()) {
            intake.fedAll();
        }
        return intake.endRequest();
    }

    private byte[] withLength() throws IOException, InterruptedException {
        ByteBuffer body = intake.readBody(MOST_CHUNKED, UNLIMITED);
        byte[] text = head(body.remaining());
        byte[] all = java.util.Arrays.copyOf(text, text.length + body.remaining());
        body.get(all, text.length, body.remaining());
        return all;
    }

    /**
     * The head without {@code Expect}, which is kept here: what answers without having asked for the body would leave open
     * whether the body is still to come, and Helidon then reads it as the next request.
     *
     * @param length of a body that came in chunks, or {@link #UNCHANGED}
     */
    private byte[] head(int length) {
        HeaderBlock lines = new HeaderBlock();
        for (int i = 0; i < head.count(); i++) {
            if (!head.nameIs(i, "transfer-encoding") && !head.nameIs(i, "expect")) {
                lines.copy(head, i);
            }
        }
        if (length != UNCHANGED) {
            lines.add("content-length", Integer.toString(length));
        }
        return (head.method() + " " + head.target() + " HTTP/1.1\r\n" + lines + "\r\n")
                .getBytes(StandardCharsets.ISO_8859_1);
    }

    /** Before the body is read: its client may wait to be told that it is wanted. */
    private void welcomeBody() throws IOException {
        if (!waits) {
            return;
        }
        waits = false;
        if (intake.bodyBegun()) {
            return;
        }
        if (answered) {
            throw new ClientGone("answered without its body, which may come or not");
        }
        intake.sendContinue();
    }

    /** The request's bytes, as Helidon asks for them. */
    @Override
    @SuppressWarnings("NullAway") // null is what a DataReader takes for the end of the stream
    public byte[] get() {
        byte[] bytes = first;
        if (bytes != null) {
            first = null;
            return bytes;
        }
        if (left == 0) {
            askedForMore = true;
            return null;
        }
        try {
            welcomeBody();
            bytes = intake.feedBody(left);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        left -= bytes.length;
        return bytes;
    }

    // ---- writing

    @Override
    public void write(BufferData... buffers) {
        for (BufferData b : buffers) {
            write(b);
        }
    }

    @Override
    public void write(BufferData data) {
        answered = true;
        Lease out = Lease.small();
        try {
            while (data.available() > 0) {
                ByteBuffer b = out.bytes.clear();
                data.writeTo(b, Math.min(b.capacity(), data.available()));
                b.flip();
                if (headOnly) {
                    b.limit(headEnd(b));
                }
                wire.write(b, connection.stall());
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } finally {
            out.release();
        }
    }

    /** Position behind what of these bytes belongs to the answer's head, or to those of interim answers before it. */
    private int headEnd(ByteBuffer b) {
        int at = b.position();
        while (at < b.limit() && headWritten >= 0) {
            byte c = b.get(at++);
            if (headWritten++ == STATUS) {
                interim = c == '1';
            }
            lineEnds = c == (lineEnds % 2 == 0 ? '\r' : '\n') ? lineEnds + 1 : c == '\r' ? 1 : 0;
            if (lineEnds == 4) {
                headWritten = interim ? 0 : -1;
                lineEnds = 0;
            }
        }
        return at;
    }

    @Override
    public void writeNow(BufferData... buffers) {
        write(buffers);
    }

    @Override
    public void writeNow(BufferData buffer) {
        write(buffer);
    }

    // ---- the rest is Helidon's

    @Override
    public DataReader dataReader() {
        return reader;
    }

    @Override
    public DataWriter dataWriter() {
        return this;
    }

    @Override
    public ListenerContext listenerContext() {
        return context.listenerContext();
    }

    @Override
    public ExecutorService executor() {
        return context.executor();
    }

    @Override
    public Router router() {
        return context.router();
    }

    @Override
    public Optional<ProxyProtocolData> proxyProtocolData() {
        return context.proxyProtocolData();
    }

    @Override
    public HelidonSocket serverSocket() {
        return context.serverSocket();
    }

    @Override
    public PeerInfo remotePeer() {
        return context.remotePeer();
    }

    @Override
    public PeerInfo localPeer() {
        return context.localPeer();
    }

    @Override
    public boolean isSecure() {
        return context.isSecure();
    }

    @Override
    public String socketId() {
        return context.socketId();
    }

    @Override
    public String childSocketId() {
        return context.childSocketId();
    }
}
