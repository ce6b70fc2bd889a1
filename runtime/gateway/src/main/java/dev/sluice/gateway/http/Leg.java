package dev.sluice.gateway.http;

import dev.sluice.gateway.http.UpstreamException.Aborted;
import dev.sluice.gateway.http.UpstreamException.Cut;
import dev.sluice.gateway.http.UpstreamException.StaleConnection;
import dev.sluice.gateway.http.UpstreamException.UpstreamProtocol;
import dev.sluice.gateway.http.UpstreamException.UpstreamTimeout;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * One leg on a {@link Link}. A new object each time, so that a late {@link #abort} can never close what another exchange
 * uses: one compare-and-set on {@code state} decides between giving the link back and closing it.
 */
final class Leg implements UpstreamConnection {
    /** What an answer is read into at first: most answers are shorter, and a stream's beginning always is. */
    private static final int ANSWER = 8 << 10;

    private static final int MOST_INTERIM = 8;
    private static final int MOST_HEADER_LINES = 256;

    /**
     * A connection that had been closed before we used it answers with a reset within a round trip. One that dies later
     * died with the request in the engine's hands.
     */
    private static final long STALE_WITHIN = Duration.ofSeconds(1).toNanos();

    private static final int IN_USE = 0;
    private static final int RELEASED = 1;
    private static final int ABORTED = 2;

    private enum Body {
        NO_HEAD,
        LENGTH,
        CHUNKED,
        UNTIL_CLOSE,
        COMPLETE
    }

    private final LifoPool pool;
    private final Link link;
    private final Wire wire;
    private final AtomicInteger state = new AtomicInteger(IN_USE);
    private boolean head;
    private boolean failed;
    private boolean dirty;
    private Body body = Body.NO_HEAD;
    private long left;
    private @Nullable Lease lease;
    private int from;
    private int filled;
    private ByteBuffer data = Edited.NOTHING;
    private long sent;
    private long sentAt;
    private long received;

    Leg(LifoPool pool, Link link) {
        this.pool = pool;
        this.link = link;
        this.wire = link.wire;
        link.headers().clear();
    }

    @Override
    public HeaderBlock headers() {
        return link.headers();
    }

    @Override
    public void send(String method, String target, HeaderBlock headers, ByteBuffer... content) throws IOException {
        if (sent > 0) {
            throw new IllegalStateException("a leg carries one request");
        }
        head = method.equals("HEAD");
        long length = 0;
        for (ByteBuffer b : content) {
            length += b.remaining();
        }
        wire.gather();
        Lease out = Lease.of(Math.max(Lease.SMALL, headers.length() + target.length() + 1024));
        try {
            ByteBuffer b = out.bytes;
            requestLine(b, method, target);
            headers.putInto(b);
            if (length > 0 || !(method.equals("GET") || head)) {
                b.put(("content-length: " + length + "\r\n").getBytes(StandardCharsets.US_ASCII));
            }
            b.put((byte) '\r').put((byte) '\n');
            sent = b.position() + length;
            sentAt = System.nanoTime();
            long stall = pool.limits().write().toNanos();
            if (length <= b.remaining()) {
                for (ByteBuffer part : content) {
                    int n = part.remaining();
                    b.put(b.position(), part, part.position(), n).position(b.position() + n);
                }
                wire.write(b.flip(), stall);
            } else {
                ByteBuffer[] all = new ByteBuffer[content.length + 1];
                all[0] = b.flip();
                for (int i = 0; i < content.length; i++) {
                    all[i + 1] = content[i].duplicate();
                }
                wire.write(all, all.length, stall);
            }
        } catch (Wire.TimedOut e) {
            throw fail(new UpstreamTimeout(UpstreamTimeout.Kind.WRITE));
        } catch (IOException e) {
            // The engine may have answered without reading all, and closed: readHead finds that answer, or none.
            dirty = true;
            if (e instanceof Wire.Closed || e instanceof InterruptedIOException) {
                throw lost("while sending", e);
            }
        } finally {
            out.release();
        }
    }

    private void requestLine(ByteBuffer b, String method, String target) {
        for (int i = 0; i < method.length(); i++) {
            if (!Bytes.token((byte) method.charAt(i))) {
                throw new IllegalArgumentException("a bad method");
            }
        }
        for (int i = 0; i < target.length(); i++) {
            if (target.charAt(i) > 0x7f || !Bytes.target((byte) target.charAt(i))) {
                throw new IllegalArgumentException("a bad request target");
            }
        }
        b.put((method + ' ' + target + " HTTP/1.1\r\nhost: " + pool.host() + "\r\n")
                .getBytes(StandardCharsets.ISO_8859_1));
    }

    // ---- the answer

    @Override
    public ResponseHead readHead(Duration limit) throws IOException {
        long deadline = Wire.in(limit.toNanos());
        int scanned = from;
        for (int interim = 0; ; ) {
            int end = -1;
            if (lease != null) {
                try {
                    end = Bytes.endOfHead(lease.bytes, from, scanned, filled);
                } catch (Bytes.BareLineEnd e) {
                    throw fail(new UpstreamProtocol("bad response head: " + Bytes.BareLineEnd.MESSAGE));
                }
                if ((end < 0 ? filled : end) - from > pool.limits().headBytes()) {
                    throw fail(new UpstreamProtocol(
                            "a response head larger than " + pool.limits().headBytes() + " bytes"));
                }
            }
            if (end < 0) {
                scanned = filled;
                readForHead(deadline);
                continue;
            }
            ResponseHead h = parse(end);
            from = end;
            scanned = end;
            if (h.status() >= 200) {
                settle(h);
                return h;
            }
            if (++interim > MOST_INTERIM) {
                throw fail(new UpstreamProtocol("more than " + MOST_INTERIM + " interim responses"));
            }
        }
    }

    private ResponseHead parse(int end) throws IOException {
        try {
            return link.head().parse(lease().bytes, from, end, MOST_HEADER_LINES);
        } catch (UpstreamException e) {
            throw fail(e);
        }
    }

    private void readForHead(long deadline) throws IOException {
        try {
            if (lease == null) {
                lease = wire.readFresh(ANSWER, deadline - System.nanoTime());
                if (lease != null) {
                    filled = lease.bytes.position();
                    received = filled;
                    return;
                }
            } else {
                if (filled == lease.capacity()) {
                    moveTo(Lease.of(filled * 2));
                }
                int n = fill(1, Wire.FOREVER, deadline);
                if (n > 0) {
                    return;
                }
            }
        } catch (Wire.TimedOut e) {
            throw fail(new UpstreamTimeout(UpstreamTimeout.Kind.FIRST_BYTE));
        } catch (IOException e) {
            throw lost("before the head was complete", e);
        }
        throw lost("before the head was complete", null);
    }

    /** Settles by RFC 9112 6.3 how the body is delimited. */
    private void settle(ResponseHead h) {
        if (head || h.status() == 204 || h.status() == 304) {
            body = Body.COMPLETE;
        } else if (h.chunked()) {
            body = Body.CHUNKED;
            link.chunks().reset();
        } else if (h.contentLength() != Head.UNKNOWN) {
            left = h.contentLength();
            body = left == 0 ? Body.COMPLETE : Body.LENGTH;
        } else {
            body = Body.UNTIL_CLOSE;
        }
        dirty |= !h.keepAlive() || body == Body.UNTIL_CLOSE;
        if (body == Body.COMPLETE) {
            completed(from);
        }
    }

    private Lease lease() {
        Lease l = lease;
        if (l == null) {
            throw new IllegalStateException("nothing was read yet");
        }
        return l;
    }

    private Lease orNew() {
        Lease l = lease;
        if (l == null) {
            l = Lease.small();
            lease = l;
        }
        return l;
    }

    private int fill(int atLeast, long idle, long deadline) throws IOException {
        ByteBuffer b = orNew().bytes;
        b.limit(b.capacity()).position(filled);
        int n = wire.read(b, atLeast, idle, deadline);
        filled += n;
        received += n;
        return n;
    }

    private void moveTo(Lease larger) {
        Lease old = lease();
        larger.bytes.put(0, old.bytes, 0, filled);
        link.head().moved(larger.bytes);
        lease = larger;
        old.release();
    }

    @Override
    public boolean next(Duration idle) throws IOException {
        if (body == Body.NO_HEAD) {
            throw new IllegalStateException("the head comes first");
        }
        while (body != Body.COMPLETE) {
            if (from == filled) {
                from = 0;
                filled = 0;
                if (!more(1, idle)) {
                    data = Edited.NOTHING;
                    return false;
                }
            }
            int start = from;
            int end = decode(start, start);
            from = filled;
            if (end > start) {
                data = lease().bytes.limit(end).position(start);
                return true;
            }
        }
        data = Edited.NOTHING;
        return false;
    }

    /** Decodes what is filled from {@code from}, to {@code out}; settles whether the body is complete. */
    private int decode(int start, int out) throws IOException {
        ByteBuffer b = lease().bytes;
        b.limit(b.capacity());
        if (body == Body.CHUNKED) {
            int end;
            try {
                end = link.chunks().decode(b, start, filled, out);
            } catch (ChunkDecoder.BadChunk e) {
                throw fail(new UpstreamProtocol("bad chunks: " + e.what()));
            }
            if (link.chunks().ended()) {
                completed(link.chunks().next());
            }
            return end;
        }
        if (body != Body.LENGTH) {
            return filled;
        }
        int n = (int) Math.min(left, filled - start);
        left -= n;
        if (left == 0) {
            completed(start + n);
        }
        return start + n;
    }

    /** The body ends at this position; bytes behind it were never asked for. */
    private void completed(int end) {
        body = Body.COMPLETE;
        dirty |= end < filled;
    }

    /** Reads more of the body. False when the end of the stream completes it. */
    private boolean more(int atLeast, Duration idle) throws IOException {
        int n;
        try {
            n = fill(atLeast, idle.toNanos(), Wire.in(Wire.FOREVER));
        } catch (Wire.TimedOut e) {
            throw fail(new UpstreamTimeout(UpstreamTimeout.Kind.IDLE));
        } catch (IOException e) {
            throw lost("within the body", e);
        }
        if (n >= atLeast) {
            return true;
        }
        if (body == Body.UNTIL_CLOSE) {
            body = Body.COMPLETE;
            return n > 0;
        }
        throw lost("within the body", null);
    }

    /** What {@link #nextNow} found. */
    enum Now {
        NOTHING,
        DATA,
        END
    }

    /** Whether bytes of the body have been read that {@link #next} has not given yet. */
    boolean buffered() {
        return body != Body.COMPLETE && from < filled;
    }

    boolean complete() {
        return body == Body.COMPLETE;
    }

    /** The engine's channel; only where there is one. */
    ChannelWire wire() {
        return (ChannelWire) wire;
    }

    /** Whether a loop can read this leg. */
    boolean loops(Loop loop) {
        return wire instanceof ChannelWire channel && channel.loop().equals(loop);
    }

    /** As {@link #next}, with one read that does not wait; on the loop's thread. */
    Now nextNow() throws IOException {
        ByteBuffer b = orNew().bytes.clear();
        int n;
        try {
            n = wire().pull(b);
        } catch (IOException e) {
            throw lost("within the body", e);
        }
        from = 0;
        filled = Math.max(n, 0);
        received += filled;
        if (n < 0 && body == Body.UNTIL_CLOSE) {
            body = Body.COMPLETE;
        } else if (n < 0) {
            throw lost("within the body", null);
        }
        int end = decode(0, 0);
        from = filled;
        data = b.limit(end).position(0);
        return end > 0 ? Now.DATA : complete() ? Now.END : Now.NOTHING;
    }

    /**
     * All that has come was taken: until more comes no buffer is held, so that those who wait hold none, and those who are
     * served in turn share one that is in the processor's cache. The head can't be read any more.
     */
    void lend() {
        Lease l = lease;
        if (l != null && from == filled && body != Body.COMPLETE) {
            lease = null;
            data = Edited.NOTHING;
            from = 0;
            filled = 0;
            link.head().moved(Edited.NOTHING);
            l.release();
        }
    }

    /** What a relay that waited in the loop failed of. */
    UpstreamException relayFailed(IOException e) {
        return e instanceof Wire.TimedOut
                ? fail(new UpstreamTimeout(UpstreamTimeout.Kind.IDLE))
                : lost("within the body", e);
    }

    @Override
    public ByteBuffer data() {
        return data;
    }

    @Override
    public Optional<ByteBuffer> readAll(long limit, Duration idle) throws IOException {
        int start = from;
        int out = start;
        while (body != Body.COMPLETE) {
            if (from < filled) {
                out = decode(from, out);
                filled = body == Body.COMPLETE ? filled : out;
                from = filled;
            }
            if (out - start > limit || (body == Body.LENGTH && left > limit - (out - start))) {
                data = lease().bytes.limit(out).position(start);
                return Optional.empty();
            }
            if (body != Body.COMPLETE) {
                int want = body == Body.LENGTH ? (int) left : 1;
                int space = body == Body.LENGTH ? want : 4096;
                if (lease().capacity() - filled < space) {
                    moveTo(Lease.of(Math.max(filled + space, lease().capacity() * 2)));
                }
                more(want, idle);
            }
        }
        return Optional.of(lease().bytes.slice(start, out - start));
    }

    @Override
    public ByteBuffer overflow() {
        return data;
    }

    // ---- failing and ending

    private UpstreamException fail(UpstreamException e) {
        failed = true;
        if (state.get() == ABORTED) {
            return new Aborted();
        }
        return e;
    }

    private UpstreamException lost(String when, @Nullable IOException e) {
        String how = e == null ? "connection closed " + when : "connection lost " + when + ": " + e;
        boolean stale = link.reused() && received == 0 && System.nanoTime() - sentAt < STALE_WITHIN;
        return fail(stale ? new StaleConnection(how) : new Cut(how));
    }

    @Override
    public boolean reused() {
        return link.reused();
    }

    @Override
    public boolean answered() {
        return received > 0;
    }

    @Override
    public boolean finished() {
        return body == Body.COMPLETE && !failed;
    }

    @Override
    public void release() {
        boolean mine = state.compareAndSet(IN_USE, RELEASED);
        if (lease != null) {
            lease.release();
            lease = null;
            data = Edited.NOTHING;
        }
        boolean unused = sent == 0 && received == 0;
        if (mine && !failed && !dirty && (unused || finished())) {
            pool.give(link);
        } else if (mine || state.compareAndSet(ABORTED, RELEASED)) {
            link.close();
            pool.gone();
        }
    }

    @Override
    public void abort() {
        if (state.compareAndSet(IN_USE, ABORTED)) {
            wire.close();
        }
    }

    @Override
    public long bytesOut() {
        return sent;
    }

    @Override
    public long bytesIn() {
        return received;
    }
}
