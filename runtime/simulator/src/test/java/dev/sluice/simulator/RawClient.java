package dev.sluice.simulator;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/** A client that sends and receives bytes and says how the connection ended. */
final class RawClient implements AutoCloseable {
    enum End {
        EOF,
        RESET,
        TIMEOUT
    }

    /** What came back; the body without chunk framing, {@code complete} when framing says that it is whole. */
    record Response(int status, Map<String, String> headers, String body, boolean complete, End end, byte[] raw) {}

    private final Socket socket;

    RawClient(int port) throws IOException {
        socket = new Socket();
        socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 5000);
        socket.setTcpNoDelay(true);
        socket.setSoTimeout(20_000);
    }

    static Response post(int port, String path, String json) throws IOException {
        try (var client = new RawClient(port)) {
            return client.send(request(path, json)).readAll();
        }
    }

    static Response get(int port, String path) throws IOException {
        try (var client = new RawClient(port)) {
            return client.send(("GET " + path + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
                            .getBytes(StandardCharsets.UTF_8))
                    .readAll();
        }
    }

    static byte[] request(String path, String json) {
        return ("POST " + path
                        + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: "
                        + json.getBytes(StandardCharsets.UTF_8).length + "\r\n\r\n" + json)
                .getBytes(StandardCharsets.UTF_8);
    }

    RawClient send(byte[] bytes) throws IOException {
        socket.getOutputStream().write(bytes);
        return this;
    }

    RawClient timeout(int millis) throws IOException {
        socket.setSoTimeout(millis);
        return this;
    }

    /** Reads until these bytes have come. */
    RawClient readUntil(String text) throws IOException {
        var seen = new StringBuilder();
        while (seen.indexOf(text, Math.max(0, seen.length() - text.length())) < 0) {
            var b = socket.getInputStream().read();
            if (b < 0) {
                throw new IOException("ended after " + seen);
            }
            seen.append((char) b);
        }
        return this;
    }

    Response readAll() throws IOException {
        var all = new ByteArrayOutputStream();
        var end = End.EOF;
        try {
            var buffer = new byte[8192];
            for (var n = socket.getInputStream().read(buffer);
                    n >= 0;
                    n = socket.getInputStream().read(buffer)) {
                all.write(buffer, 0, n);
            }
        } catch (SocketTimeoutException e) {
            end = End.TIMEOUT;
        } catch (SocketException e) {
            end = End.RESET;
        }
        return parse(all.toByteArray(), end);
    }

    static Response parse(byte[] raw, End end) {
        var text = new String(raw, StandardCharsets.ISO_8859_1);
        var split = text.indexOf("\r\n\r\n");
        if (split < 0 || !text.startsWith("HTTP/1.1 ")) {
            return new Response(0, Map.of(), text, false, end, raw);
        }
        var lines = text.substring(0, split).split("\r\n");
        var headers = new LinkedHashMap<String, String>();
        for (var i = 1; i < lines.length; i++) {
            var colon = lines[i].indexOf(':');
            headers.put(
                    lines[i].substring(0, colon).toLowerCase(Locale.ROOT),
                    lines[i].substring(colon + 1).trim());
        }
        var rest = text.substring(split + 4);
        var body = new StringBuilder();
        var complete = true;
        if (headers.getOrDefault("transfer-encoding", "").equals("chunked")) {
            complete = false;
            var at = 0;
            while (true) {
                var line = rest.indexOf("\r\n", at);
                if (line < 0) {
                    break;
                }
                var size = Integer.parseInt(rest.substring(at, line), 16);
                if (size == 0) {
                    complete = true;
                    break;
                }
                body.append(rest, line + 2, Math.min(rest.length(), line + 2 + size));
                at = Math.min(rest.length(), line + 2 + size + 2);
            }
        } else {
            body.append(rest);
            complete = rest.length() == Integer.parseInt(headers.getOrDefault("content-length", "" + rest.length()));
        }
        var status = Integer.parseInt(lines[0].substring(9, 12));
        var utf8 = new String(body.toString().getBytes(StandardCharsets.ISO_8859_1), StandardCharsets.UTF_8);
        return new Response(status, headers, utf8, complete, end, raw);
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
