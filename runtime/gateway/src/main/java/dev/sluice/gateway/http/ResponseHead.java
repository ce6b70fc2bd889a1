package dev.sluice.gateway.http;

import java.io.IOException;
import java.nio.ByteBuffer;

/** The head of an engine's response. */
public final class ResponseHead extends Head {
    private int status;

    ResponseHead() {}

    @Override
    IOException bad(int status, String message) {
        return new UpstreamException.UpstreamProtocol("bad response head: " + message);
    }

    /**
     * Parses the head that ends at {@code end}, after its empty line.
     *
     * @throws UpstreamException.UpstreamProtocol when it is anything but a proper head
     */
    ResponseHead parse(ByteBuffer b, int from, int end, int maxCount) throws IOException {
        this.bytes = b;
        this.start = from;
        this.end = end;
        int p = statusLine(b, from);
        parseFields(p, maxCount);
        if (chunked() && (status < 200 || status == 204)) {
            throw bad(502, "a Transfer-Encoding where no body can be");
        }
        if (status == 101) {
            throw bad(502, "101 without an upgrade");
        }
        return this;
    }

    private int statusLine(ByteBuffer b, int p) throws IOException {
        if (end - p < 14 || !Bytes.startsWith(b, p, end, "HTTP/1.") || b.get(p + 8) != ' ') {
            throw bad(502, "no HTTP/1 status line");
        }
        byte minor = b.get(p + 7);
        if (minor != '0' && minor != '1') {
            throw bad(502, "an HTTP version that is neither 1.1 nor 1.0");
        }
        http10 = minor == '0';
        int code = 0;
        for (int i = p + 9; i < p + 12; i++) {
            if (!Bytes.digit(b.get(i))) {
                throw bad(502, "a status that is no number");
            }
            code = code * 10 + (b.get(i) - '0');
        }
        if (code < 100 || code > 599) {
            throw bad(502, "a status outside 100 to 599");
        }
        status = code;
        int q = p + 12;
        if (b.get(q) == ' ') {
            q++;
            while (Bytes.field(b.get(q))) {
                q++;
            }
        }
        if (b.get(q) != Bytes.CR || b.get(q + 1) != Bytes.LF) {
            throw bad(502, "a bad status line");
        }
        return q + 2;
    }

    @Override
    void field(int index) {}

    /** The status, 100 to 599. */
    public int status() {
        return status;
    }

    /** Whether the content is an event stream. */
    public boolean eventStream() {
        int i = indexOf("content-type");
        String type = "text/event-stream";
        return i >= 0
                && valueEnd(i) - valueStart(i) >= type.length()
                && Bytes.equalsIgnoreCase(bytes, valueStart(i), valueStart(i) + type.length(), type);
    }
}
