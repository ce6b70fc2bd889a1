package dev.sluice.app.drill;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.util.ArrayList;
import java.util.List;

/** A port at which connections are neither taken nor refused: a listener whose backlog is full, so that what knocks is dropped. */
final class Blackhole implements AutoCloseable {
    private static final int CONNECT_MS = 100;
    private static final int MOST = 64;

    private final ServerSocket listener;
    private final List<Socket> filling = new ArrayList<>();

    private Blackhole(ServerSocket listener) {
        this.listener = listener;
    }

    /** Takes a free port and fills its backlog. */
    static Blackhole at(int port) throws IOException {
        ServerSocket listener = new ServerSocket();
        listener.setReuseAddress(true);
        listener.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 1);
        Blackhole hole = new Blackhole(listener);
        hole.fill();
        return hole;
    }

    private void fill() throws IOException {
        while (filling.size() < MOST) {
            Socket socket = new Socket();
            filling.add(socket);
            try {
                socket.connect(
                        new InetSocketAddress(InetAddress.getLoopbackAddress(), listener.getLocalPort()), CONNECT_MS);
            } catch (SocketTimeoutException full) {
                return;
            }
        }
    }

    @Override
    public void close() throws IOException {
        for (Socket socket : filling) {
            socket.close();
        }
        listener.close();
    }
}
