package dev.sluice.gateway.http;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Optional;

/**
 * A parsed message head: offsets into the buffer that holds its bytes. A String is made only for who asks. Strict by RFC
 * 9112: what two parsers could read differently is refused, not repaired.
 *
 * <p>The offsets stay right when the bytes are copied to the same offsets of another buffer ({@link #moved}).
 */
public abstract sealed class Head permits RequestHead, ResponseHead {
    /** No Content-Length. */
    public static final long UNKNOWN = -1;

    private static final int NAME = 0;
    private static final int NAME_END = 1;
    private static final int VALUE = 2;
    private static final int VALUE_END = 3;
    private static final int WIDTH = 4;
    private static final int FIRST = 24;
    /** A connection whose first head has not come holds none. */
    private static final int[] NO_SPANS = {};

    private static final boolean[] NO_HOPS = {};
    private static final ByteBuffer NONE = ByteBuffer.allocate(0);

    /** Headers that concern one connection only, whatever Connection says (RFC 9110 7.6.1), by length. */
    private static final String[] HOP_BY_HOP = {
        "te",
        "expect",
        "trailer",
        "upgrade",
        "connection",
        "keep-alive",
        "proxy-connection",
        "transfer-encoding",
        "proxy-authorization",
        "proxy-authenticate"
    };

    ByteBuffer bytes = NONE;
    int start;
    int end;
    private int[] spans = NO_SPANS;
    private boolean[] hop = NO_HOPS;
    private int count;

    boolean http10;
    private boolean close;
    private boolean keep;
    private boolean chunked;
    private long contentLength;

    Head() {}

    /** The exception for a head that is wrong. */
    abstract IOException bad(int status, String message);

    /** Sees each field before it is accepted; for checks that belong to one direction only. */
    abstract void field(int index) throws IOException;

    /** Parses the fields after the first line; {@code end} is after the empty line. */
    final void parseFields(int from, int maxCount) throws IOException {
        count = 0;
        close = false;
        keep = false;
        chunked = false;
        contentLength = UNKNOWN;
        ByteBuffer b = bytes;
        int p = from;
        int last = end - 2;
        boolean transferEncoding = false;
        while (p < last) {
            if (count == maxCount) {
                throw bad(431, "more than " + maxCount + " header lines");
            }
            p = line(b, p);
            int i = count++;
            int[] s = spans;
            int nameLength = s[i * WIDTH + NAME_END] - s[i * WIDTH + NAME];
            hop[i] = nameLength <= 19 && hopByHop(i);
            if (nameLength == 14 && nameIs(i, "content-length")) {
                length(i);
            } else if (nameLength == 17 && nameIs(i, "transfer-encoding")) {
                if (transferEncoding) {
                    throw bad(400, "Transfer-Encoding twice");
                }
                transferEncoding = true;
                if (!valueIs(i, "chunked")) {
                    throw bad(400, "a Transfer-Encoding other than chunked");
                }
                chunked = true;
            }
            field(i);
        }
        if (transferEncoding && contentLength != UNKNOWN) {
            throw bad(400, "Content-Length together with Transfer-Encoding");
        }
        if (transferEncoding && http10) {
            throw bad(400, "Transfer-Encoding in HTTP/1.0");
        }
        for (int i = 0; i < count; i++) {
            if (hop[i] && nameIs(i, "connection")) {
                connection(i);
            }
        }
    }

    /** One field line: name ":" OWS value OWS CRLF. Returns the position after it. */
    private int line(ByteBuffer b, int from) throws IOException {
        int p = from;
        byte c = b.get(p);
        if (c == ' ' || c == '\t') {
            throw bad(400, "a header line begins with white space (folding)");
        }
        while (Bytes.token(c)) {
            c = b.get(++p);
        }
        if (p == from) {
            throw bad(400, c == ':' ? "a header without a name" : "a bad character in a header name");
        }
        if (c != ':') {
            throw bad(400, c == ' ' || c == '\t' ? "white space before a colon" : "a bad character in a header name");
        }
        int nameEnd = p++;
        while ((c = b.get(p)) == ' ' || c == '\t') {
            p++;
        }
        int value = p;
        while (Bytes.field(c)) {
            c = b.get(++p);
        }
        if (c != Bytes.CR || b.get(p + 1) != Bytes.LF) {
            throw bad(400, "a control character in a header value");
        }
        int valueEnd = p;
        while (valueEnd > value && (b.get(valueEnd - 1) == ' ' || b.get(valueEnd - 1) == '\t')) {
            valueEnd--;
        }
        if (count == hop.length) {
            int lines = Math.max(FIRST, count * 2);
            spans = Arrays.copyOf(spans, lines * WIDTH);
            hop = Arrays.copyOf(hop, lines);
        }
        int s = count * WIDTH;
        spans[s + NAME] = from;
        spans[s + NAME_END] = nameEnd;
        spans[s + VALUE] = value;
        spans[s + VALUE_END] = valueEnd;
        return p + 2;
    }

    private boolean hopByHop(int i) {
        for (String name : HOP_BY_HOP) {
            if (nameIs(i, name)) {
                return true;
            }
        }
        return false;
    }

    /** Content-Length = 1*DIGIT, once. */
    private void length(int i) throws IOException {
        if (contentLength != UNKNOWN) {
            throw bad(400, "Content-Length twice");
        }
        int from = valueStart(i);
        int to = valueEnd(i);
        if (from == to || to - from > 18) {
            throw bad(400, "a bad Content-Length");
        }
        long v = 0;
        for (int p = from; p < to; p++) {
            byte c = bytes.get(p);
            if (!Bytes.digit(c)) {
                throw bad(400, "a bad Content-Length");
            }
            v = v * 10 + (c - '0');
        }
        contentLength = v;
    }

    /** Connection = #connection-option; each option but close and keep-alive names a field of this hop. */
    private void connection(int i) throws IOException {
        int p = valueStart(i);
        int to = valueEnd(i);
        while (p < to) {
            byte c = bytes.get(p);
            if (c == ',' || c == ' ' || c == '\t') {
                p++;
                continue;
            }
            int from = p;
            while (p < to && Bytes.token(bytes.get(p))) {
                p++;
            }
            if (p == from) {
                throw bad(400, "a bad Connection header");
            }
            option(from, p);
            while (p < to && (bytes.get(p) == ' ' || bytes.get(p) == '\t')) {
                p++;
            }
            if (p < to && bytes.get(p) != ',') {
                throw bad(400, "a bad Connection header");
            }
        }
    }

    private void option(int from, int to) throws IOException {
        if (Bytes.equalsIgnoreCase(bytes, from, to, "close")) {
            close = true;
        } else if (Bytes.equalsIgnoreCase(bytes, from, to, "keep-alive")) {
            keep = true;
        } else if (Bytes.equalsIgnoreCase(bytes, from, to, "host")
                || Bytes.equalsIgnoreCase(bytes, from, to, "content-length")
                || Bytes.equalsIgnoreCase(bytes, from, to, "transfer-encoding")) {
            throw bad(400, "Connection names a header that frames the message");
        } else {
            for (int i = 0; i < count; i++) {
                hop[i] |= Bytes.equalsIgnoreCase(bytes, nameStart(i), nameEnd(i), from, to);
            }
        }
    }

    /** The bytes now stand in another buffer, at the same offsets. */
    final void moved(ByteBuffer to) {
        bytes = to;
    }

    /** Number of header lines. */
    public final int count() {
        return count;
    }

    final int nameStart(int i) {
        return spans[i * WIDTH + NAME];
    }

    final int nameEnd(int i) {
        return spans[i * WIDTH + NAME_END];
    }

    final int valueStart(int i) {
        return spans[i * WIDTH + VALUE];
    }

    final int valueEnd(int i) {
        return spans[i * WIDTH + VALUE_END];
    }

    /** Name of line {@code i}, as it was sent. */
    public final String name(int i) {
        return Bytes.string(bytes, nameStart(i), nameEnd(i));
    }

    /** Whether the name of line {@code i} holds this character, as it was sent. */
    public final boolean nameHolds(int i, char c) {
        int end = nameEnd(i);
        for (int at = nameStart(i); at < end; at++) {
            if (bytes.get(at) == c) {
                return true;
            }
        }
        return false;
    }

    /** Value of line {@code i}, without the white space around it; each byte as one character (ISO 8859-1). */
    public final String value(int i) {
        return Bytes.string(bytes, valueStart(i), valueEnd(i));
    }

    /** Whether line {@code i} has this name, whatever the case. */
    public final boolean nameIs(int i, String name) {
        return Bytes.equalsIgnoreCase(bytes, nameStart(i), nameEnd(i), name);
    }

    /** Whether line {@code i}'s name begins so, whatever the case. */
    public final boolean nameStartsWith(int i, String prefix) {
        int from = nameStart(i);
        return nameEnd(i) - from >= prefix.length()
                && Bytes.equalsIgnoreCase(bytes, from, from + prefix.length(), prefix);
    }

    /** Whether line {@code i} has this value, whatever the case. */
    public final boolean valueIs(int i, String value) {
        return Bytes.equalsIgnoreCase(bytes, valueStart(i), valueEnd(i), value);
    }

    /** Whether line {@code i} concerns this connection only: a hop-by-hop header, or nominated by Connection. */
    public final boolean hopByHop(int i, boolean framingToo) {
        return hop[i] || (framingToo && (nameIs(i, "content-length") || nameIs(i, "host")));
    }

    /** First line with this name, or -1. */
    public final int indexOf(String name) {
        for (int i = 0; i < count; i++) {
            if (nameIs(i, name)) {
                return i;
            }
        }
        return -1;
    }

    /** The first value of a header, when it is there. */
    public final Optional<String> header(String name) {
        int i = indexOf(name);
        return i < 0 ? Optional.empty() : Optional.of(value(i));
    }

    /** Whether a header is there. */
    public final boolean has(String name) {
        return indexOf(name) >= 0;
    }

    /** Content-Length, or {@link #UNKNOWN}. */
    public final long contentLength() {
        return contentLength;
    }

    /** Whether the body is chunked. */
    public final boolean chunked() {
        return chunked;
    }

    /** Whether the sender speaks HTTP/1.0. */
    public final boolean http10() {
        return http10;
    }

    /** Whether the sender wants this connection to go on after this message. */
    public final boolean keepAlive() {
        return !close && (!http10 || keep);
    }

    /** Bytes of the head. */
    public final int length() {
        return end - start;
    }
}
