package dev.sluice.gateway.engine;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.net.SocketTimeoutException;

/** A connection of the JDK's, with or without TLS. */
final class SocketLine implements Line {
    private final Socket socket;
    private final InputStream in;
    private final OutputStream out;

    SocketLine(Socket socket) throws IOException {
        this.socket = socket;
        this.in = socket.getInputStream();
        this.out = socket.getOutputStream();
    }

    @Override
    public int read(byte[] into, int offset, int length, long deadline) throws IOException {
        long millis = (deadline - System.nanoTime() + 999_999) / 1_000_000;
        if (millis <= 0) {
            throw new SocketTimeoutException("out of time");
        }
        socket.setSoTimeout((int) Math.min(millis, Integer.MAX_VALUE));
        return in.read(into, offset, length);
    }

    @Override
    public void write(byte[] bytes, long deadline) throws IOException {
        out.write(bytes);
        out.flush();
    }

    @Override
    public void close() {
        try {
            socket.close();
        } catch (IOException e) {
            System.getLogger(SocketLine.class.getName()).log(System.Logger.Level.DEBUG, "while closing", e);
        }
    }
}
