package dev.sluice.app.drill;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;

/**
 * A balancer of TCP connections, as small as it can be: each new one goes to the next gateway whose {@code /readyz} said 200 when it was
 * last asked; one that can't be connected to is passed over. It knows nothing of HTTP, retries nothing that was sent, and passes a reset
 * on as a reset.
 */
final class Front implements AutoCloseable {
    private static final int CONNECT_MS = 1000;
    private static final int PROBE_MS = 500;
    private static final long BETWEEN_PROBES = TimeUnit.MILLISECONDS.toNanos(50);
    private static final int BUFFER = 16 * 1024;
    private static final int STATUS_END = 12;

    /** A gateway that connections may go to. */
    private static final class Backend {
        private final String name;
        private final int port;
        private volatile boolean ready;
        private volatile boolean listed = true;

        private Backend(String name, int port) {
            this.name = name;
            this.port = port;
        }
    }

    private final ServerSocket listener;
    private final List<Backend> backends = new CopyOnWriteArrayList<>();
    private final AtomicInteger next = new AtomicInteger();
    /** By the client's own port: which gateway has its connection, or had it. */
    private final Map<Integer, String> carriers = new ConcurrentHashMap<>();

    private Front(ServerSocket listener) {
        this.listener = listener;
    }

    static Front start() throws IOException {
        Front front = new Front(new ServerSocket(0, 4096, InetAddress.getLoopbackAddress()));
        Thread.ofPlatform().daemon().name("front").start(front::accept);
        return front;
    }

    int port() {
        return listener.getLocalPort();
    }

    /** From now on it is asked whether it is ready, and gets connections while it is. */
    void add(String name, int port) {
        Backend backend = new Backend(name, port);
        backends.add(backend);
        Thread.ofVirtual().name("front-probe").start(() -> probe(backend));
    }

    /** Forgets one that has ended; its connections are left alone. */
    void remove(String name) {
        backends.stream().filter(backend -> backend.name.equals(name)).forEach(backend -> backend.listed = false);
        backends.removeIf(backend -> !backend.listed);
    }

    /** Whether connections go to it. */
    boolean ready(String name) {
        return backends.stream().anyMatch(backend -> backend.name.equals(name) && backend.ready);
    }

    /** Which gateway a client's connection went to, by the client's own port; empty when to none. */
    String carrier(int clientPort) {
        return carriers.getOrDefault(clientPort, "");
    }

    private void probe(Backend backend) {
        while (backend.listed && !listener.isClosed()) {
            backend.ready = says200(backend.port);
            LockSupport.parkNanos(BETWEEN_PROBES);
        }
    }

    private static boolean says200(int port) {
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), PROBE_MS);
            socket.setSoTimeout(PROBE_MS);
            socket.getOutputStream()
                    .write("GET /readyz HTTP/1.1\r\nHost: front\r\nConnection: close\r\n\r\n"
                            .getBytes(StandardCharsets.US_ASCII));
            byte[] start = socket.getInputStream().readNBytes(STATUS_END);
            return new String(start, StandardCharsets.US_ASCII).endsWith(" 200");
        } catch (IOException e) {
            return false;
        }
    }

    private void accept() {
        while (!listener.isClosed()) {
            try {
                Socket client = listener.accept();
                Thread.ofVirtual().name("front-connection").start(() -> carry(client));
            } catch (IOException e) {
                return;
            }
        }
    }

    private void carry(Socket client) {
        List<Backend> all = List.copyOf(backends);
        int first = next.getAndIncrement() & Integer.MAX_VALUE;
        for (boolean ready : new boolean[] {true, false}) { // where none is ready, any is better than none
            for (int i = 0; i < all.size(); i++) {
                Backend backend = all.get((first + i) % all.size());
                if (backend.ready == ready && carry(client, backend)) {
                    return;
                }
            }
        }
        reset(client);
    }

    private boolean carry(Socket client, Backend backend) {
        Socket gateway = new Socket();
        try {
            client.setTcpNoDelay(true);
            gateway.setTcpNoDelay(true);
            gateway.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), backend.port), CONNECT_MS);
        } catch (IOException e) {
            backend.ready = false;
            reset(gateway);
            return false;
        }
        carriers.put(client.getPort(), backend.name);
        AtomicInteger ended = new AtomicInteger();
        Thread.ofVirtual().name("front-up").start(() -> pump(client, gateway, ended));
        pump(gateway, client, ended);
        return true;
    }

    private static void pump(Socket from, Socket to, AtomicInteger ended) {
        byte[] buffer = new byte[BUFFER];
        try {
            InputStream in = from.getInputStream();
            OutputStream out = to.getOutputStream();
            for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
                out.write(buffer, 0, n);
            }
            to.shutdownOutput();
            if (ended.incrementAndGet() == 2) {
                from.close();
                to.close();
            }
        } catch (IOException e) {
            reset(from);
            reset(to);
        }
    }

    private static void reset(Socket socket) {
        try (socket) {
            socket.setSoLinger(true, 0);
        } catch (IOException e) {
            // It is gone already.
        }
    }

    @Override
    public void close() throws IOException {
        listener.close();
    }
}
