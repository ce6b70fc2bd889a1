package dev.sluice.gateway.http;

import java.io.IOException;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** One request and its response on a {@link ClientConnection}. */
final class Exchange implements ClientExchange, Wire.Watcher {
    private static final int COPIED = 8 << 10;
    private static final byte[] CRLF = {'\r', '\n'};
    private static final byte[] LAST_CHUNK = "0\r\n\r\n".getBytes(StandardCharsets.US_ASCII);

    private enum Body {
        NOT_STARTED,
        CHUNKED,
        UNTIL_CLOSE,
        LENGTH,
        DROPPED,
        FINISHED
    }

    private final ClientConnection connection;
    private final Wire wire;
    private final Intake intake;
    private final RequestHead head;
    private final long stall;
    private final HeaderBlock headers;
    private final AtomicReference<@Nullable Runnable> onGone = new AtomicReference<>();
    private Body body = Body.NOT_STARTED;
    private @Nullable Lease pendingHead;
    private @Nullable Lease blocked;
    private long left;
    private boolean close;
    private boolean watching;
    private long sent;
    private volatile boolean released;
    private volatile boolean gone;
    private volatile boolean over;

    Exchange(ClientConnection connection, Wire wire, Intake intake, RequestHead head, HeaderBlock headers) {
        this.connection = connection;
        this.wire = wire;
        this.intake = intake;
        this.head = head;
        this.headers = headers.clear();
        this.stall = connection.stall();
        this.close = !head.keepAlive() || head.http10();
    }

    @Override
    public RequestHead head() {
        return head;
    }

    @Override
    public SocketAddress remoteAddress() {
        return connection.remoteAddress();
    }

    @Override
    public boolean secure() {
        return connection.secure();
    }

    @Override
    public ByteBuffer readBody(long limit, BodyBudget budget) throws IOException, InterruptedException {
        try {
            ByteBuffer bytes = intake.readBody(limit, budget);
            if (onGone.get() != null) {
                watch();
            }
            return bytes;
        } catch (RequestException e) {
            close = true;
            intake.dropBody();
            throw e;
        } catch (IOException e) {
            throw lost(e);
        }
    }

    @Override
    public void releaseBody() {
        released = true;
        intake.releaseBody();
    }

    @Override
    public HeaderBlock headers() {
        return headers;
    }

    // ---- responses

    @Override
    public void respond(int status, HeaderBlock headers, ByteBuffer... content) throws IOException {
        long length = 0;
        for (ByteBuffer b : content) {
            length += b.remaining();
        }
        Lease out = begin(status, headers, length, Body.LENGTH);
        try {
            ByteBuffer bytes = out.bytes;
            if (body == Body.DROPPED) {
                send(bytes.flip());
            } else if (length <= bytes.remaining()) {
                for (ByteBuffer b : content) {
                    bytes.put(b);
                }
                send(bytes.flip());
            } else {
                ByteBuffer[] all = new ByteBuffer[content.length + 1];
                all[0] = bytes.flip();
                System.arraycopy(content, 0, all, 1, content.length);
                send(all, all.length);
            }
        } finally {
            out.release();
        }
        done();
    }

    @Override
    public void startStream(int status, HeaderBlock headers) throws IOException {
        pendingHead = begin(status, headers, Head.UNKNOWN, head.http10() ? Body.UNTIL_CLOSE : Body.CHUNKED);
    }

    @Override
    public void startStream(int status, HeaderBlock headers, long length) throws IOException {
        if (length < 0) {
            throw new IllegalArgumentException("a negative length");
        }
        left = length;
        pendingHead = begin(status, headers, length, Body.LENGTH);
    }

    /** Composes the head. */
    private Lease begin(int status, HeaderBlock headers, long length, Body how) {
        if (body != Body.NOT_STARTED) {
            throw new IllegalStateException("a response has been begun already");
        }
        wire.gather();
        boolean none = status == 204 || status == 304 || status < 200;
        close |= how == Body.UNTIL_CLOSE || !intake.bodyHere() || connection.closing();
        Lease out = Lease.of(Math.max(Lease.SMALL, headers.length() + COPIED));
        ByteBuffer b = out.bytes;
        StatusLines.put(b, status);
        headers.putInto(b);
        if (!none) {
            if (how == Body.CHUNKED) {
                ascii(b, "transfer-encoding: chunked\r\n");
            } else if (how == Body.LENGTH) {
                ascii(b, "content-length: ");
                decimal(b, length);
                b.put(CRLF);
            }
        }
        if (close) {
            ascii(b, "connection: close\r\n");
        }
        b.put(CRLF);
        body = none || head.methodIs("HEAD") ? Body.DROPPED : how;
        return out;
    }

    private static void ascii(ByteBuffer to, String text) {
        for (int i = 0; i < text.length(); i++) {
            to.put((byte) text.charAt(i));
        }
    }

    private static void decimal(ByteBuffer to, long value) {
        long unit = 1;
        while (value / unit >= 10) {
            unit *= 10;
        }
        for (; unit > 0; unit /= 10) {
            to.put((byte) ('0' + value / unit % 10));
        }
    }

    @Override
    public void flush() throws IOException {
        Lease out = pendingHead;
        if (out != null) {
            pendingHead = null;
            try {
                send(out.bytes.flip());
            } finally {
                out.release();
            }
        }
    }

    @Override
    public void write(ByteBuffer data) throws IOException {
        write(data, false);
    }

    /** Writes data and, when it is the last, the end of the stream with it. */
    void write(ByteBuffer data, boolean last) throws IOException {
        int n = data.remaining();
        switch (body) {
            case NOT_STARTED -> throw new IllegalStateException("no response has been begun");
            case FINISHED -> throw new IllegalStateException("the response is finished");
            case DROPPED -> {
                data.position(data.limit());
                n = 0;
            }
            case LENGTH -> {
                if (n > left) {
                    throw new IllegalStateException("more than the length that was announced");
                }
                left -= n;
                if (last && left > 0) {
                    abort();
                    throw new IllegalStateException("less than the length that was announced");
                }
            }
            default -> {}
        }
        Lease out = pendingHead;
        pendingHead = null;
        if (out == null) {
            if (n == 0 && !(last && body == Body.CHUNKED)) {
                if (last) {
                    done();
                }
                return;
            }
            out = Lease.small();
        }
        try {
            frame(out.bytes, data, n, last);
        } finally {
            out.release();
        }
        if (last) {
            done();
        }
    }

    private void frame(ByteBuffer out, ByteBuffer data, int n, boolean last) throws IOException {
        boolean chunked = body == Body.CHUNKED;
        if (chunked && n > 0) {
            hex(out, n);
            out.put(CRLF);
        }
        if (n <= out.remaining() - 16) {
            out.put(data);
            if (chunked) {
                if (n > 0) {
                    out.put(CRLF);
                }
                if (last) {
                    out.put(LAST_CHUNK);
                }
            }
            send(out.flip());
            return;
        }
        ByteBuffer tail = ByteBuffer.allocate(8);
        if (chunked) {
            tail.put(CRLF);
            if (last) {
                tail.put(LAST_CHUNK);
            }
        }
        send(new ByteBuffer[] {out.flip(), data, tail.flip()}, 3);
    }

    // ---- for a relay on the loop

    /** The channel, where it may be written from the loop. */
    @Nullable
    ChannelWire loopWire() {
        return wire instanceof ChannelWire w && body != Body.FINISHED ? w : null;
    }

    long stall() {
        return stall;
    }

    /** As {@link #write}, without waiting. False when {@link #flushNow} has to go on with it. */
    boolean writeNow(ChannelWire channel, ByteBuffer data) throws IOException {
        int n = data.remaining();
        Lease out = Lease.of(n + 32);
        blocked = out;
        ByteBuffer b = out.bytes;
        if (body == Body.CHUNKED) {
            hex(b, n);
            b.put(CRLF).put(data).put(CRLF);
        } else if (body == Body.DROPPED) {
            data.position(data.limit());
        } else {
            if (body == Body.LENGTH && (left -= n) < 0) {
                throw new IllegalStateException("more than the length that was announced");
            }
            b.put(data);
        }
        sent += b.flip().remaining();
        return flushNow(channel);
    }

    /** Whether a write of the loop is half done. Its buffer is left to the collector when the exchange ends so. */
    boolean blocked() {
        return blocked != null;
    }

    boolean flushNow(ChannelWire channel) throws IOException {
        Lease out = blocked;
        if (out == null) {
            return true;
        }
        try {
            if (!channel.writeNow(out.bytes)) {
                return false;
            }
        } catch (IOException e) {
            throw lost(e);
        }
        blocked = null;
        out.release();
        return true;
    }

    private static void hex(ByteBuffer to, int value) {
        int shift = (31 - Integer.numberOfLeadingZeros(value)) & ~3;
        for (; shift >= 0; shift -= 4) {
            int digit = (value >>> shift) & 15;
            to.put((byte) (digit < 10 ? '0' + digit : 'a' + digit - 10));
        }
    }

    @Override
    public void finish() throws IOException {
        if (body != Body.FINISHED) {
            write(Edited.NOTHING.duplicate(), true);
        }
    }

    private void send(ByteBuffer bytes) throws IOException {
        sent += bytes.remaining();
        try {
            wire.write(bytes, stall);
        } catch (IOException e) {
            throw lost(e);
        }
    }

    private void send(ByteBuffer[] bytes, int count) throws IOException {
        for (int i = 0; i < count; i++) {
            sent += bytes[i].remaining();
        }
        try {
            wire.write(bytes, count, stall);
        } catch (IOException e) {
            throw lost(e);
        }
    }

    IOException lost(IOException e) {
        gone = true;
        close = true;
        if (e instanceof ClientGone) {
            return e;
        }
        ClientGone lost = new ClientGone(e instanceof Wire.TimedOut ? "the client does not read" : "client lost: " + e);
        lost.initCause(e);
        wire.close();
        return lost;
    }

    private void done() {
        body = Body.FINISHED;
        endWatch();
    }

    // ---- the end

    @Override
    public void abort() {
        if (!over) {
            wire.close();
        }
    }

    @Override
    public boolean started() {
        return body != Body.NOT_STARTED;
    }

    @Override
    public boolean finished() {
        return body == Body.FINISHED;
    }

    @Override
    public boolean bodyReleased() {
        return released || finished();
    }

    @Override
    public void closeAfter() {
        close = true;
    }

    @Override
    public boolean late() {
        return connection.late();
    }

    /** Ends the exchange; afterwards nothing that still holds it can touch the connection. */
    boolean end() {
        over = true;
        onGone.set(null);
        endWatch();
        if (pendingHead != null) {
            pendingHead.release();
            pendingHead = null;
        }
        return !close && body == Body.FINISHED && !wire.closed();
    }

    // ---- watching the client

    @Override
    public boolean gone() {
        return gone;
    }

    @Override
    public void onGone(Runnable action) {
        onGone.set(action);
        if (gone) {
            left();
        } else if (intake.bodyRead()) {
            watch();
        }
    }

    private void watch() {
        if (!watching && body != Body.FINISHED) {
            watching = true;
            wire.watch(this, Wire.FOREVER);
        }
    }

    private void endWatch() {
        if (watching) {
            watching = false;
            wire.unwatch();
        }
    }

    @Override
    public void left() {
        gone = true;
        Runnable action = onGone.getAndSet(null);
        if (action != null) {
            Loop.mayWait(action);
        }
    }

    @Override
    public boolean maySpeak() {
        return true;
    }

    @Override
    public long bytesIn() {
        return intake.received();
    }

    @Override
    public long bytesOut() {
        return sent;
    }
}
