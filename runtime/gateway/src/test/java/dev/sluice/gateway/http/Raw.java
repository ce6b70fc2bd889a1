package dev.sluice.gateway.http;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;

/** A client that sends exactly what it is told and reads answers by their framing. */
final class Raw implements AutoCloseable {
    final Socket socket;
    private final InputStream in;

    Raw(int port) throws IOException {
        socket = new Socket(InetAddress.getLoopbackAddress(), port);
        socket.setTcpNoDelay(true);
        socket.setSoTimeout(10_000);
        in = new java.io.BufferedInputStream(socket.getInputStream());
    }

    Raw(Socket socket) throws IOException {
        this.socket = socket;
        socket.setSoTimeout(10_000);
        in = new java.io.BufferedInputStream(socket.getInputStream());
    }

    Raw send(String text) throws IOException {
        return send(text.getBytes(StandardCharsets.ISO_8859_1));
    }

    Raw send(byte[] bytes) throws IOException {
        socket.getOutputStream().write(bytes);
        return this;
    }

    record Answer(int status, String head, String body) {
        boolean closes() {
            return head.toLowerCase(java.util.Locale.ROOT).contains("connection: close");
        }
    }

    /** One line without its CR LF; null at the end of the stream. */
    String line() throws IOException {
        ByteArrayOutputStream line = new ByteArrayOutputStream();
        int c;
        while ((c = in.read()) != '\n') {
            if (c < 0) {
                throw new IOException("end of stream within a line: " + line);
            }
            line.write(c);
        }
        String text = line.toString(StandardCharsets.ISO_8859_1);
        if (!text.endsWith("\r")) {
            throw new IOException("a bare LF: " + text);
        }
        return text.substring(0, text.length() - 1);
    }

    /** Reads a head up to its empty line. */
    String head() throws IOException {
        StringBuilder head = new StringBuilder();
        for (String line = line(); !line.isEmpty(); line = line()) {
            head.append(line).append('\n');
        }
        return head.toString();
    }

    Answer answer() throws IOException {
        String head = head();
        int status = Integer.parseInt(head.substring(9, 12));
        String lower = head.toLowerCase(java.util.Locale.ROOT);
        if (status == 204 || status == 304 || status < 200) {
            return new Answer(status, head, "");
        }
        if (lower.contains("transfer-encoding: chunked")) {
            StringBuilder body = new StringBuilder();
            for (String chunk = chunk(); !chunk.isEmpty(); chunk = chunk()) {
                body.append(chunk);
            }
            return new Answer(status, head, body.toString());
        }
        int at = lower.indexOf("content-length: ");
        if (at >= 0) {
            int length = Integer.parseInt(lower.substring(at + 16, lower.indexOf('\n', at)));
            return new Answer(status, head, exactly(length));
        }
        return new Answer(status, head, rest());
    }

    /** One chunk's data; empty for the last chunk. */
    String chunk() throws IOException {
        int size = Integer.parseInt(line(), 16);
        String data = exactly(size);
        if (!line().isEmpty()) {
            throw new IOException("bad chunk end");
        }
        return data;
    }

    String exactly(int length) throws IOException {
        byte[] bytes = in.readNBytes(length);
        if (bytes.length < length) {
            throw new IOException("cut: " + bytes.length + " of " + length);
        }
        return new String(bytes, StandardCharsets.ISO_8859_1);
    }

    String rest() throws IOException {
        return new String(in.readAllBytes(), StandardCharsets.ISO_8859_1);
    }

    /** Whether the other side has ended the stream, waiting for it. */
    boolean ended() throws IOException {
        try {
            return in.read() < 0;
        } catch (java.net.SocketException e) {
            return true;
        }
    }

    /** Closes with a reset. */
    void reset() throws IOException {
        socket.setSoLinger(true, 0);
        socket.close();
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
