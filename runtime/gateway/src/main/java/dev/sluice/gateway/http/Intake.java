package dev.sluice.gateway.http;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * What a client sends: heads and bodies out of one buffer, in which each request starts at 0. Bytes behind a request
 * (pipelining) stay and begin the next one. An idle connection holds no buffer.
 */
final class Intake {
    private static final int GROW_BELOW = 4 << 10;

    /** How much of a body may come before its rate is looked at. */
    private static final int RATE_STEP = 1 << 20;

    private static final ByteBuffer CONTINUE =
            ByteBuffer.wrap("HTTP/1.1 100 Continue\r\n\r\n".getBytes(java.nio.charset.StandardCharsets.US_ASCII));

    private final Wire wire;
    private final HttpLimits limits;
    private final RequestHead head = new RequestHead();
    private final ChunkDecoder chunks = new ChunkDecoder(true);
    private @Nullable Lease lease;
    private int filled;
    private int next;
    /** Whether an empty line stood before this request: one may (RFC 9112 2.2). */
    private boolean skipped;

    private boolean bodyRead;
    private long received;
    private long charged;
    private int fed;
    private @Nullable BodyBudget budget;

    Intake(Wire wire, HttpLimits limits) {
        this.wire = wire;
        this.limits = limits;
    }

    /** Waits for the next request to begin. False when the client leaves or the time is over. */
    boolean awaitRequest(long keepAlive) throws IOException {
        received = 0;
        if (lease != null) {
            return true;
        }
        try {
            lease = wire.readFresh(Lease.SMALL, keepAlive);
        } catch (Wire.TimedOut e) {
            return false;
        }
        filled = lease == null ? 0 : lease.bytes.position();
        return lease != null;
    }

    private Lease lease() {
        Lease l = lease;
        if (l == null) {
            throw new IllegalStateException("no request");
        }
        return l;
    }

    /**
     * Reads and parses a head.
     *
     * @throws RequestException 400, 408, 431, 501, 505
     * @throws ClientGone the client left in the middle of it
     */
    RequestHead readHead() throws IOException {
        int end = awaitHead();
        head.parse(lease().bytes, 0, end, limits.headerCount());
        bodyRead = !head.hasBody();
        next = end;
        return head;
    }

    /**
     * Waits until a head is there to its end, which {@link #readHead} then finds. It may be another thread that goes on.
     *
     * @return bytes of the head
     * @throws RequestException 400, 408, 431
     * @throws ClientGone the client left in the middle of it
     */
    int awaitHead() throws IOException {
        long deadline = Wire.in(limits.headTime().toNanos());
        int scanned = 0;
        while (true) {
            ByteBuffer b = lease().bytes;
            int end;
            try {
                end = Bytes.endOfHead(b, 0, scanned, filled);
            } catch (Bytes.BareLineEnd e) {
                throw new RequestException(400, Bytes.BareLineEnd.MESSAGE);
            }
            if (end == 2 && !skipped) {
                skipped = true;
                b.put(0, b, 2, filled - 2);
                filled -= 2;
                scanned = 0;
                continue;
            }
            if (end > limits.headBytes() || (end < 0 && filled >= limits.headBytes())) {
                throw new RequestException(431, "the head is larger than " + limits.headBytes() + " bytes");
            }
            if (end >= 0) {
                return end;
            }
            scanned = filled;
            if (filled == b.capacity()) {
                grow(filled * 2);
            }
            try {
                b = lease().bytes; // it may have grown
                b.limit(Math.min(b.capacity(), limits.headBytes())).position(filled);
                int n = wire.readLine(b, deadline);
                if (n == 0) {
                    throw new ClientGone("end of stream within a head");
                }
                filled += n;
            } catch (Wire.TimedOut e) {
                throw Refusal.slowHead(limits);
            }
        }
    }

    private void more(int atLeast, long idle, long deadline) throws IOException {
        ByteBuffer b = lease().bytes;
        b.limit(b.capacity()).position(filled);
        int n = wire.read(b, atLeast, idle, deadline);
        filled += n;
        if (n < atLeast) {
            throw new ClientGone("end of stream within a request");
        }
    }

    private void grow(int size) {
        Lease old = lease();
        Lease larger = Lease.of(size);
        larger.bytes.put(0, old.bytes, 0, filled);
        lease = larger;
        head.moved(larger.bytes);
        old.release();
    }

    boolean bodyRead() {
        return bodyRead;
    }

    /** Whether the body, if there is one, lies in the buffer already, so that skipping it costs no waiting. */
    boolean bodyHere() {
        return bodyRead || (!head.chunked() && filled - head.end >= head.contentLength());
    }

    /** Bytes of this request so far. */
    long received() {
        return Math.max(received, next);
    }

    /** Reads the body; see {@link ClientExchange#readBody}. */
    ByteBuffer readBody(long limit, BodyBudget budget) throws IOException, InterruptedException {
        if (bodyRead) {
            return Edited.NOTHING.duplicate();
        }
        this.budget = budget;
        int length;
        try {
            if (head.expectContinue() && filled == head.end) {
                if (!head.chunked() && head.contentLength() > limit) {
                    throw tooLarge(limit);
                }
                sendContinue();
            }
            length = head.chunked() ? readChunks(limit) : readLength(limit);
        } catch (Wire.TimedOut e) {
            throw new RequestException(408, "the body came too slowly");
        }
        bodyRead = true;
        return lease().bytes.slice(head.end, length);
    }

    private static RequestException tooLarge(long limit) {
        return new RequestException(413, "the body is larger than " + limit + " bytes");
    }

    private int readLength(long limit) throws IOException, InterruptedException {
        long length = head.contentLength();
        if (length > Math.min(limit, 1 << 29)) {
            throw tooLarge(limit);
        }
        charge(length);
        int need = head.end + (int) length;
        if (need > lease().capacity()) {
            growCharged(need);
        }
        long started = System.nanoTime();
        while (filled < need) {
            int step = Math.min(need - filled, RATE_STEP);
            more(step, limits.bodyIdle().toNanos(), latest(started, filled - head.end + step));
        }
        next = need;
        return (int) length;
    }

    private int readChunks(long limit) throws IOException, InterruptedException {
        long most = Math.min(limit, 1 << 29);
        long started = System.nanoTime();
        chunks.reset();
        int out = head.end;
        int from = head.end;
        while (true) {
            try {
                out = chunks.decode(lease().bytes, from, filled, out);
            } catch (ChunkDecoder.BadChunk e) {
                throw new RequestException(400, e.what());
            }
            int length = out - head.end;
            if (length > most) {
                throw tooLarge(limit);
            }
            charge(length - charged);
            if (chunks.ended()) {
                next = chunks.next();
                return length;
            }
            filled = out;
            from = out;
            if (lease().capacity() - filled < GROW_BELOW) {
                growCharged(lease().capacity() * 2);
            }
            more(1, limits.bodyIdle().toNanos(), latest(started, length));
        }
    }

    /** When a body of which this much is known must be there: the idle time, and then the least rate. */
    private long latest(long started, long bytes) {
        return started
                + limits.bodyIdle().toNanos()
                + Duration.ofSeconds(bytes / Math.max(1, limits.bodyBytesPerSecond()))
                        .toNanos();
    }

    private void charge(long bytes) throws IOException, InterruptedException {
        BodyBudget b = budget;
        if (bytes <= 0 || b == null) {
            return;
        }
        if (!b.tryReserve(bytes, limits.budgetWait())) {
            throw new RequestException(503, "too many bytes of request bodies are in memory");
        }
        charged += bytes;
    }

    private void growCharged(int size) throws RequestException {
        try {
            grow(size);
        } catch (OutOfMemoryError e) {
            throw new RequestException(503, "no memory for a body of this size");
        }
    }

    /**
     * Gives the body's memory and the budget back; the head stays readable. A stream may go on for minutes, so not even a
     * small buffer is held for it: the head moves to bytes of its own, unless the next request has begun to come.
     */
    void releaseBody() {
        refund();
        Lease old = lease;
        if (old == null || !bodyRead) {
            return;
        }
        int rest = filled - next;
        received = next;
        if (rest == 0) {
            ByteBuffer alone = ByteBuffer.allocate(head.end);
            alone.put(0, old.bytes, 0, head.end);
            head.moved(alone);
            lease = null;
            old.release();
        } else if (old.capacity() > Lease.SMALL) {
            Lease smaller = Lease.of(head.end + rest);
            smaller.bytes.put(0, old.bytes, 0, head.end);
            smaller.bytes.put(head.end, old.bytes, next, rest);
            lease = smaller;
            head.moved(smaller.bytes);
            next = head.end;
            filled = head.end + rest;
            old.release();
        }
    }

    /**
     * Gives up a body that was refused: its memory and the budget are back before the client is answered, and not only
     * when it has closed. The head stays readable, the connection ends with this request.
     */
    void dropBody() {
        refund();
        filled = head.end;
        Lease old = lease();
        if (old.capacity() > Lease.SMALL) {
            Lease smaller = Lease.of(head.end);
            smaller.bytes.put(0, old.bytes, 0, head.end);
            lease = smaller;
            head.moved(smaller.bytes);
            old.release();
        }
    }

    /** Gives the budget back. */
    void refund() {
        if (budget != null && charged > 0) {
            budget.release(charged);
        }
        charged = 0;
        budget = null;
    }

    /** Skips over this request to the next one. False when the rest of the body is not here. */
    boolean endRequest() {
        if (!bodyHere()) {
            return false;
        }
        if (!bodyRead) {
            next = head.end + (int) head.contentLength();
        }
        refund();
        skipped = false;
        if (lease == null) { // it was released, with nothing behind it
            filled = 0;
            return true;
        }
        Lease old = lease();
        int rest = filled - next;
        if (rest == 0) {
            lease = null;
            old.release();
        } else if (old.capacity() > Lease.SMALL) {
            Lease fresh = Lease.of(rest);
            fresh.bytes.put(0, old.bytes, next, rest);
            lease = fresh;
            old.release();
        } else {
            old.bytes.put(0, old.bytes, next, rest);
        }
        filled = rest;
        return true;
    }

    /** Whether anything of the body has come. */
    boolean bodyBegun() {
        return filled > head.end;
    }

    /** Tells a client that waits for it to go on with its body. */
    void sendContinue() throws IOException {
        wire.write(CONTINUE.duplicate(), limits.writeStall().toNanos());
    }

    /** The head's raw bytes, for someone else's parser. */
    byte[] feedHead() {
        fed = head.end;
        byte[] copy = new byte[fed];
        lease().bytes.get(0, copy);
        return copy;
    }

    /** The next raw bytes of the body, after {@link #feedHead}: at least one, at most {@code most}. */
    byte[] feedBody(long most) throws IOException {
        if (fed == filled) {
            filled = head.end;
            fed = filled;
            try {
                more(1, limits.bodyIdle().toNanos(), Wire.in(Wire.FOREVER));
            } catch (Wire.TimedOut e) {
                throw new RequestException(408, "the body came too slowly");
            }
        }
        byte[] copy = new byte[(int) Math.min(most, filled - fed)];
        lease().bytes.get(fed, copy);
        fed += copy.length;
        return copy;
    }

    /** Says that the body was taken by {@link #feedBody} to its end. */
    void fedAll() {
        next = fed;
        bodyRead = true;
    }

    /** Gives everything back at the end of the connection. */
    void dispose() {
        refund();
        if (lease != null) {
            lease.release();
            lease = null;
        }
    }
}
