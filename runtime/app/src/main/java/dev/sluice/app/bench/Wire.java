package dev.sluice.app.bench;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;

/** Single requests over plain sockets, to processes that may not listen yet. */
final class Wire {
    private static final int LIMIT_MS = 10_000;
    /** How far {@code HTTP/1.1 200} reaches. */
    private static final int STATUS_END = 12;

    private Wire() {}

    /** A port that nobody listens on. */
    static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    static byte[] get(String path) {
        return ("GET " + path + " HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
                .getBytes(StandardCharsets.US_ASCII);
    }

    /** A chat completion that closes its connection when the answer says so, or that is kept open. */
    static byte[] chat(String body, boolean keep) {
        return ("POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: "
                        + body.getBytes(StandardCharsets.UTF_8).length
                        + (keep ? "" : "\r\nConnection: close")
                        + "\r\n\r\n"
                        + body)
                .getBytes(StandardCharsets.UTF_8);
    }

    static Socket connect(int port) throws IOException {
        Socket socket = new Socket();
        socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), LIMIT_MS);
        socket.setTcpNoDelay(true);
        socket.setSoTimeout(LIMIT_MS);
        return socket;
    }

    /** The status of the answer; 0 when nobody answers. */
    static int status(int port, byte[] request) {
        try (Socket socket = connect(port)) {
            socket.getOutputStream().write(request);
            InputStream in = socket.getInputStream();
            String start = new String(in.readNBytes(STATUS_END), StandardCharsets.US_ASCII);
            return start.length() == STATUS_END ? Integer.parseInt(start.substring(STATUS_END - 3)) : 0;
        } catch (IOException | NumberFormatException e) {
            return 0;
        }
    }

    /** Asks again until the answer is 200. */
    static void await(Child child, int port, byte[] request, Duration limit, Duration pause) throws IOException {
        long end = System.nanoTime() + limit.toNanos();
        while (status(port, request) != 200) {
            if (child.ended()) {
                throw new IOException("a process that should serve port " + port + " ended: " + child.lastLines());
            }
            if (System.nanoTime() > end) {
                throw new IOException("nothing answered at port " + port + " within " + limit.toSeconds() + " s: "
                        + child.lastLines());
            }
            LockSupport.parkNanos(pause.toNanos());
        }
    }
}
