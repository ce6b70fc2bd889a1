package dev.sluice.gateway.http;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;

/** Answers where there is no request to answer: to what has no proper head, and to one too many. The connection ends with it. */
final class Refusal {
    private static final System.Logger LOG = System.getLogger(Refusal.class.getName());

    /** How long a client has to take the last answer and close. */
    static final long LINGER = Duration.ofSeconds(1).toNanos();

    private Refusal() {}

    /** A head that did not come in time. */
    static RequestException slowHead(HttpLimits limits) {
        return new RequestException(408, "the head did not come within " + limits.headTime());
    }

    /** Answers, and waits a moment for the client to close. */
    static void send(Wire wire, HotHandler handler, HttpLimits limits, RequestException why) throws IOException {
        byte[] body = handler.errorBody(why.status(), String.valueOf(why.getMessage()));
        Lease out = Lease.of(body.length + 512);
        try {
            ByteBuffer b = out.bytes;
            StatusLines.put(b, why.status());
            HeaderBlock headers = new HeaderBlock()
                    .add("content-type", "application/json")
                    .add("content-length", Integer.toString(body.length))
                    .add("connection", "close");
            handler.errorHeaders(why.status(), headers);
            headers.putInto(b);
            wire.write(
                    b.put((byte) '\r').put((byte) '\n').put(body).flip(),
                    limits.writeStall().toNanos());
        } finally {
            out.release();
        }
        linger(wire);
    }

    /** Reads and throws away for a moment, so that an answer is not lost to a reset. */
    static void linger(Wire wire) throws IOException {
        if (wire.closed()) {
            return;
        }
        wire.endOutput();
        long end = Wire.in(LINGER);
        Lease scratch = Lease.small();
        try {
            int all = scratch.bytes.clear().remaining(); // not woken for less
            while (wire.read(scratch.bytes.clear(), all, LINGER, end) == all) {
                // thrown away
            }
        } catch (Wire.TimedOut e) {
            LOG.log(System.Logger.Level.TRACE, "the client did not close", e);
        } finally {
            scratch.release();
        }
    }
}
