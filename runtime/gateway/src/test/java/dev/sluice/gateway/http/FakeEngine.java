package dev.sluice.gateway.http;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** An engine that does on each connection exactly what the test says. */
final class FakeEngine implements AutoCloseable {
    interface Script {
        void run(Raw connection) throws Exception;
    }

    private final ServerSocket server;
    private final Thread acceptor;
    private final BlockingQueue<Raw> accepted = new LinkedBlockingQueue<>();

    /** Connections are handed to the test by {@link #next}. */
    FakeEngine() throws IOException {
        server = new ServerSocket(0, 1000, InetAddress.getLoopbackAddress());
        acceptor = Thread.ofVirtual().start(() -> accept(c -> {}));
    }

    /** Each connection runs the script and is then closed. */
    FakeEngine(Script script) throws IOException {
        server = new ServerSocket(0, 1000, InetAddress.getLoopbackAddress());
        acceptor = Thread.ofVirtual()
                .start(() -> accept(c -> {
                    try (c) {
                        script.run(c);
                    } catch (Exception e) {
                        // the other side ended it
                    }
                }));
    }

    private interface Each {
        void take(Raw connection) throws IOException;
    }

    private void accept(Each each) {
        while (!server.isClosed()) {
            try {
                Socket s = server.accept();
                s.setTcpNoDelay(true);
                Raw raw = new Raw(s);
                accepted.add(raw);
                Thread.ofVirtual().start(() -> {
                    try {
                        each.take(raw);
                    } catch (IOException e) {
                        // ended
                    }
                });
            } catch (IOException e) {
                return;
            }
        }
    }

    /** The next connection that was accepted. */
    Raw next() throws Exception {
        Raw raw = accepted.poll(10, TimeUnit.SECONDS);
        if (raw == null) {
            throw new AssertionError("no connection came");
        }
        return raw;
    }

    InetSocketAddress address() {
        return new InetSocketAddress(InetAddress.getLoopbackAddress(), server.getLocalPort());
    }

    /** Reads one request with Content-Length. */
    static String request(Raw c) throws IOException {
        String head = c.head();
        String lower = head.toLowerCase(java.util.Locale.ROOT);
        int at = lower.indexOf("content-length: ");
        return at < 0 ? head : head + c.exactly(Integer.parseInt(lower.substring(at + 16, lower.indexOf('\n', at))));
    }

    /** Refuses connections from when this returns, which the listener does only when nobody waits in accept(). */
    @Override
    public void close() throws IOException {
        server.close();
        try {
            acceptor.join();
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
        }
        for (Raw raw : accepted) {
            raw.close();
        }
    }
}
