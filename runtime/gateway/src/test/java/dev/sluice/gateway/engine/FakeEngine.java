package dev.sluice.gateway.engine;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;

/** An engine's GET routes over real sockets, well or badly behaved. */
final class FakeEngine implements AutoCloseable {
    /** Writes a whole answer, head included. */
    @FunctionalInterface
    interface Route {
        void answer(OutputStream out) throws IOException, InterruptedException;
    }

    final AtomicInteger connections = new AtomicInteger();
    final List<String> requests = new CopyOnWriteArrayList<>();
    final List<String> heads = new CopyOnWriteArrayList<>();
    private final Map<String, Route> routes = new ConcurrentHashMap<>();
    private final List<Socket> sockets = new CopyOnWriteArrayList<>();
    private final ServerSocket listener;
    private final Thread acceptor;

    FakeEngine() throws IOException {
        this(0);
    }

    FakeEngine(int port) throws IOException {
        listener = new ServerSocket(port, 128, InetAddress.getLoopbackAddress());
        acceptor = Thread.ofVirtual().start(this::accept);
    }

    /** A healthy one that serves this model. */
    static FakeEngine serving(String model) throws IOException {
        return new FakeEngine().healthy(model);
    }

    FakeEngine healthy(String model) {
        on("/health", whole(200, ""));
        on("/v1/models", whole(200, models(model)));
        on("/metrics", whole(200, "vllm:num_requests_running{engine=\"0\"} 3.0\n"));
        return this;
    }

    FakeEngine on(String path, Route route) {
        routes.put(path, route);
        return this;
    }

    static String models(String model) {
        return "{\"object\":\"list\",\"data\":[{\"id\":\"" + model
                + "\",\"root\":\"/models/x\",\"parent\":null,\"max_model_len\":8192}]}";
    }

    static Route whole(int status, String body) {
        return whole(status, body.getBytes(StandardCharsets.UTF_8));
    }

    static Route whole(int status, byte[] body) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        bytes.writeBytes(("HTTP/1.1 " + status + " X\r\ncontent-length: " + body.length + "\r\n\r\n")
                .getBytes(StandardCharsets.US_ASCII));
        bytes.writeBytes(body);
        return out -> out.write(bytes.toByteArray());
    }

    URI uri() {
        return URI.create("http://127.0.0.1:" + port());
    }

    int port() {
        return listener.getLocalPort();
    }

    EngineTarget target(String id, String... models) {
        return new EngineTarget(id, uri(), java.util.Optional.empty(), java.util.Set.of(models));
    }

    long count(String path) {
        return requests.stream().filter(path::equals).count();
    }

    /** Closes what is open, as a server does with idle connections. */
    void hangUp() throws IOException {
        for (Socket socket : sockets) {
            socket.close();
        }
        sockets.clear();
    }

    private void accept() {
        while (!listener.isClosed()) {
            try {
                Socket socket = listener.accept();
                connections.incrementAndGet();
                sockets.add(socket);
                Thread.ofVirtual().start(() -> serve(socket));
            } catch (IOException e) {
                return;
            }
        }
    }

    private void serve(Socket socket) {
        try (socket) {
            socket.setTcpNoDelay(true);
            InputStream in = new BufferedInputStream(socket.getInputStream());
            for (String head = head(in); !head.isEmpty(); head = head(in)) {
                String path = head.split(" ")[1];
                requests.add(path);
                heads.add(head);
                routes.getOrDefault(path, whole(404, "{\"detail\":\"Not Found\"}"))
                        .answer(socket.getOutputStream());
            }
        } catch (IOException e) {
            sockets.remove(socket);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static String head(InputStream in) throws IOException {
        StringBuilder head = new StringBuilder();
        for (int b = in.read(); b >= 0; b = in.read()) {
            head.append((char) b);
            if (b == '\n' && head.toString().endsWith("\r\n\r\n")) {
                return head.toString();
            }
        }
        return "";
    }

    /**
     * Refuses connections from when this returns: a listener that is closed while a thread waits in accept() goes on to
     * take them until that thread has noticed.
     */
    @Override
    public void close() throws IOException {
        listener.close();
        try {
            acceptor.join();
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
        }
        hangUp();
    }
}
