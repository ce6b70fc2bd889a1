package dev.sluice.gateway.http;

import java.io.IOException;
import java.nio.ByteBuffer;

/** A request's head. Valid as long as its exchange. */
public final class RequestHead extends Head {
    private static final int LONGEST_METHOD = 32;
    private static final int LONGEST_TARGET = 8 << 10;

    private int methodEnd;
    private int targetStart;
    private int targetEnd;
    private int pathStart;
    private int pathEnd;
    private int host;
    private int expect;
    private boolean expectContinue;

    RequestHead() {}

    @Override
    IOException bad(int status, String message) {
        return new RequestException(status, message);
    }

    /**
     * Parses the head that ends at {@code end}, after its empty line.
     *
     * @throws RequestException when it is anything but a proper head
     */
    RequestHead parse(ByteBuffer b, int from, int end, int maxCount) throws IOException {
        this.bytes = b;
        this.start = from;
        this.end = end;
        host = -1;
        expect = -1;
        expectContinue = false;
        int p = requestLine(b, from);
        parseFields(p, maxCount);
        checkHost();
        return this;
    }

    private int requestLine(ByteBuffer b, int from) throws IOException {
        int p = from;
        while (Bytes.token(b.get(p))) {
            p++;
        }
        methodEnd = p;
        if (p == from || p - from > LONGEST_METHOD || b.get(p) != ' ') {
            throw bad(400, "a bad method");
        }
        targetStart = ++p;
        while (Bytes.target(b.get(p))) {
            if (b.get(p) == '%' && (Bytes.hex(b.get(p + 1)) < 0 || Bytes.hex(b.get(p + 2)) < 0)) {
                throw bad(400, "a bad percent-encoding in the request target");
            }
            p++;
        }
        targetEnd = p;
        if (p == targetStart || b.get(p) != ' ') {
            throw bad(400, "a bad request target");
        }
        if (targetEnd - targetStart > LONGEST_TARGET) {
            throw bad(431, "the request target is too long");
        }
        p = version(b, p + 1);
        if (b.get(p) != Bytes.CR || b.get(p + 1) != Bytes.LF) {
            throw bad(400, "a bad request line");
        }
        splitTarget(b);
        return p + 2;
    }

    private int version(ByteBuffer b, int p) throws IOException {
        if (end - p < 10
                || !Bytes.startsWith(b, p, end, "HTTP/")
                || b.get(p + 6) != '.'
                || !Bytes.digit(b.get(p + 5))
                || !Bytes.digit(b.get(p + 7))) {
            throw bad(400, "a bad HTTP version");
        }
        if (b.get(p + 5) != '1' || b.get(p + 7) > '1') {
            throw bad(505, "only HTTP/1.1 and HTTP/1.0 are spoken here");
        }
        http10 = b.get(p + 7) == '0';
        return p + 8;
    }

    private void splitTarget(ByteBuffer b) throws IOException {
        pathStart = targetStart;
        byte first = b.get(targetStart);
        if (first != '/') {
            if (methodIs("CONNECT")) {
                throw bad(501, "CONNECT is not supported");
            }
            if (first == '*' && targetEnd == targetStart + 1 && methodIs("OPTIONS")) {
                pathEnd = targetEnd;
                return;
            }
            int scheme = schemeLength(b);
            if (scheme == 0) {
                throw bad(400, "a request target that is neither a path nor an http URL");
            }
            pathStart = targetStart + scheme;
            while (pathStart < targetEnd && b.get(pathStart) != '/' && b.get(pathStart) != '?') {
                pathStart++;
            }
        }
        pathEnd = pathStart;
        while (pathEnd < targetEnd && b.get(pathEnd) != '?') {
            pathEnd++;
        }
    }

    private int schemeLength(ByteBuffer b) {
        if (targetEnd - targetStart > 7 && Bytes.equalsIgnoreCase(b, targetStart, targetStart + 7, "http://")) {
            return 7;
        }
        if (targetEnd - targetStart > 8 && Bytes.equalsIgnoreCase(b, targetStart, targetStart + 8, "https://")) {
            return 8;
        }
        return 0;
    }

    @Override
    void field(int i) throws IOException {
        int length = nameEnd(i) - nameStart(i);
        for (int p = nameStart(i); p < nameEnd(i); p++) {
            if (bytes.get(p) == '_') {
                throw bad(400, "an underscore in a header name");
            }
        }
        if (length == 4 && nameIs(i, "host")) {
            if (host >= 0) {
                throw bad(400, "Host twice");
            }
            host = i;
        } else if (length == 6 && nameIs(i, "expect")) {
            if (expect >= 0 || !valueIs(i, "100-continue")) {
                throw bad(417, "an expectation other than 100-continue");
            }
            expect = i;
            expectContinue = !http10;
        }
    }

    private void checkHost() throws IOException {
        if (host < 0) {
            if (!http10) {
                throw bad(400, "no Host header");
            }
            return;
        }
        int from = valueStart(host);
        int to = valueEnd(host);
        if (!authority(from, to)) {
            throw bad(400, "a bad Host header");
        }
        if (bytes.get(targetStart) != '/' && bytes.get(targetStart) != '*') {
            int scheme = schemeLength(bytes);
            int port = scheme == 7 ? 80 : 443;
            int authority = targetStart + scheme;
            if (!authority(authority, pathStart)
                    || !Bytes.equalsIgnoreCase(
                            bytes,
                            authority,
                            withoutPort(authority, pathStart, port),
                            from,
                            withoutPort(from, to, port))) {
                throw bad(400, "Host differs from the request target");
            }
        }
    }

    /** host [":" port], not empty, no user info. */
    private boolean authority(int from, int to) {
        int p = from;
        if (p < to && bytes.get(p) == '[') {
            p++;
            while (p < to && (Bytes.hex(bytes.get(p)) >= 0 || bytes.get(p) == ':' || bytes.get(p) == '.')) {
                p++;
            }
            if (p == from + 1 || p == to || bytes.get(p++) != ']') {
                return false;
            }
        } else {
            while (p < to && Bytes.host(bytes.get(p))) {
                p++;
            }
            if (p == from) {
                return false;
            }
        }
        if (p == to) {
            return true;
        }
        if (bytes.get(p) != ':' || to - p < 2 || to - p > 6) {
            return false;
        }
        for (p++; p < to; p++) {
            if (!Bytes.digit(bytes.get(p))) {
                return false;
            }
        }
        return true;
    }

    private int withoutPort(int from, int to, int defaultPort) {
        String port = ":" + defaultPort;
        int p = to - port.length();
        return p > from && Bytes.equals(bytes, p, to, port) ? p : to;
    }

    /** The method. */
    public String method() {
        return Bytes.string(bytes, start, methodEnd);
    }

    /** Whether this is the method; methods are case-sensitive. */
    public boolean methodIs(String method) {
        return Bytes.equals(bytes, start, methodEnd, method);
    }

    /** Path and query as they were sent, without scheme and host. */
    public String target() {
        return pathStart == targetEnd ? "/" : Bytes.string(bytes, pathStart, targetEnd);
    }

    /** The path as it was sent, still percent-encoded. */
    public String path() {
        return pathStart == pathEnd ? "/" : Bytes.string(bytes, pathStart, pathEnd);
    }

    /** Whether the path is exactly this, byte by byte; nothing is decoded or normalised. */
    public boolean pathIs(String path) {
        return Bytes.equals(bytes, pathStart, pathEnd, path);
    }

    /** Whether the path begins so, byte by byte. */
    public boolean pathStartsWith(String prefix) {
        return Bytes.startsWith(bytes, pathStart, pathEnd, prefix);
    }

    /** What stands after the question mark, still percent-encoded; empty when there is none. */
    public String query() {
        return pathEnd == targetEnd ? "" : Bytes.string(bytes, pathEnd + 1, targetEnd);
    }

    /** Whether the client waits for {@code 100 Continue} before it sends the body. */
    public boolean expectContinue() {
        return expectContinue;
    }

    /** Whether a body follows. */
    public boolean hasBody() {
        return chunked() || contentLength() > 0;
    }
}
