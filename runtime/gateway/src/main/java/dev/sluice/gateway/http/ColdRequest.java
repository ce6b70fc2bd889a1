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

    ColdRequest(ClientConnection connection, ConnectionContext context, Wire wire, Intake intake, RequestHead head) {
        this.connection = connection;
        this.context = context;
        this.wire = wire;
        this.intake = intake;
        this.head = head;
        this.reader = DataReader.create(this);
    }

    /** False when the connection ends with this request. */
    boolean handle(Limit limit, HttpLimits limits) throws IOException, InterruptedException {
        boolean keep = head.keepAlive();
        if (head.chunked()) {
            first = withLength();
        } else {
            first = intake.feedHead();
            left = Math.max(0, head.contentLength());
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
        HeaderBlock lines = new HeaderBlock();
        for (int i = 0; i < head.count(); i++) {
            if (!head.nameIs(i, "transfer-encoding") && !head.nameIs(i, "expect")) {
                lines.copy(head, i);
            }
        }
        lines.add("content-length", Integer.toString(body.remaining()));
        byte[] text = (head.method() + " " + head.target() + " HTTP/1.1\r\n" + lines + "\r\n")
                .getBytes(StandardCharsets.ISO_8859_1);
        byte[] all = java.util.Arrays.copyOf(text, text.length + body.remaining());
        body.get(all, text.length, body.remaining());
        return all;
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
        Lease out = Lease.small();
        try {
            while (data.available() > 0) {
                ByteBuffer b = out.bytes.clear();
                data.writeTo(b, Math.min(b.capacity(), data.available()));
                wire.write(b.flip(), connection.stall());
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } finally {
            out.release();
        }
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
