package dev.sluice.gateway;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.SSLContext;

/**
 * An engine that does what a test tells it, byte by byte, over a real socket. Health, models and metrics answer by
 * themselves; each inference request is given to the next script, or to the last one again.
 */
final class ScriptedEngine implements AutoCloseable {
    /** What an engine does with one request. Returning false closes the connection. */
    @FunctionalInterface
    interface Script {
        boolean answer(Request request, OutputStream out) throws IOException, InterruptedException;
    }

    /** One request as it came. */
    record Request(String head, String body, Socket socket) {
        String header(String name) {
            for (String line : head.split("\r\n")) {
                if (line.toLowerCase(java.util.Locale.ROOT).startsWith(name + ":")) {
                    return line.substring(name.length() + 1).strip();
                }
            }
            return "";
        }

        /** Waits until the other side closes; true when it did. */
        boolean awaitClose() {
            try {
                return socket.getInputStream().read() < 0;
            } catch (IOException reset) {
                return true;
            }
        }
    }

    private final String model;
    private final BlockingQueue<Script> scripts = new LinkedBlockingQueue<>();
    private volatile Script last = (request, out) -> whole(out, 200, "{\"choices\":[],\"usage\":null}");
    private volatile String metrics = "";
    private final List<Request> requests = new CopyOnWriteArrayList<>();
    private final List<Socket> sockets = new CopyOnWriteArrayList<>();
    private final AtomicInteger probes = new AtomicInteger();
    final CountDownLatch arrived = new CountDownLatch(1);
    private volatile ServerSocket server;
    private volatile Thread acceptor;
    private final int port;

    ScriptedEngine(String model) throws IOException {
        this(model, new ServerSocket(0, 100, InetAddress.getLoopbackAddress()));
    }

    /** One that speaks TLS. */
    ScriptedEngine(String model, SSLContext tls) throws IOException {
        this(model, tls.getServerSocketFactory().createServerSocket(0, 100, InetAddress.getLoopbackAddress()));
    }

    private ScriptedEngine(String model, ServerSocket server) {
        this.model = model;
        this.server = server;
        this.port = server.getLocalPort();
        this.acceptor = accept(server);
    }

    /** What its metrics page says from now on. */
    ScriptedEngine metrics(String page) {
        metrics = page;
        return this;
    }

    /** The scripts for the next requests, in order; the last one stays. */
    ScriptedEngine does(Script... next) {
        last = next[next.length - 1]; // here and not by the request that takes it: another may come at the same time
        scripts.addAll(List.of(next));
        return this;
    }

    int port() {
        return port;
    }

    List<Request> requests() {
        return requests;
    }

    /** Waits until so many requests have come. */
    void awaitRequests(int count) {
        long end = System.nanoTime() + 20_000_000_000L;
        while (requests.size() < count) {
            if (System.nanoTime() > end) {
                throw new IllegalStateException("only " + requests.size() + " requests came");
            }
            java.util.concurrent.locks.LockSupport.parkNanos(1_000_000);
        }
    }

    /** How often it was asked which models it serves. */
    int probes() {
        return probes.get();
    }

    /** Waits until it was asked so often. */
    void awaitModelsAsked(int times) {
        long end = System.nanoTime() + 10_000_000_000L;
        while (probes.get() < times) {
            if (System.nanoTime() > end) {
                throw new IllegalStateException("asked " + probes.get() + " times, not " + times);
            }
            java.util.concurrent.locks.LockSupport.parkNanos(1_000_000);
        }
    }

    /**
     * Stops listening and resets all connections. A listener that is closed while a thread waits in accept() goes on to
     * take connections until that thread has noticed, so it is waited for.
     */
    void die() throws IOException {
        server.close();
        join(acceptor);
        for (Socket socket : sockets) {
            try (socket) {
                socket.setSoLinger(true, 0);
            } catch (IOException alreadyClosed) {
                // as it should be
            }
        }
        sockets.clear();
    }

    /** Listens again on the same port. */
    void rise() throws IOException {
        ServerSocket next = bind();
        server = next;
        acceptor = accept(next);
    }

    private static void join(Thread thread) {
        try {
            thread.join();
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
        }
    }

    /** A connection that was accepted while the engine died may hold the port for a moment. */
    private ServerSocket bind() throws IOException {
        long end = System.nanoTime() + 5_000_000_000L;
        while (true) {
            ServerSocket next = new ServerSocket();
            next.setReuseAddress(true);
            try {
                next.bind(new java.net.InetSocketAddress(InetAddress.getLoopbackAddress(), port), 100);
                return next;
            } catch (java.net.BindException taken) {
                next.close();
                if (System.nanoTime() > end) {
                    throw taken;
                }
                java.util.concurrent.locks.LockSupport.parkNanos(2_000_000);
            }
        }
    }

    private Thread accept(ServerSocket listening) {
        return Thread.ofVirtual().start(() -> {
            try {
                while (true) {
                    Socket socket = listening.accept();
                    socket.setTcpNoDelay(true);
                    sockets.add(socket);
                    Thread.ofVirtual().start(() -> serve(socket));
                }
            } catch (IOException closed) {
                // the engine was stopped
            }
        });
    }

    private void serve(Socket socket) {
        try (socket) {
            InputStream in = socket.getInputStream();
            OutputStream out = socket.getOutputStream();
            while (true) {
                String head = head(in);
                if (head.isEmpty()) {
                    return;
                }
                Request bare = new Request(head, "", socket);
                String length = bare.header("content-length");
                String body = length.isEmpty()
                        ? ""
                        : new String(in.readNBytes(Integer.parseInt(length)), StandardCharsets.UTF_8);
                if (!step(new Request(head, body, socket), out)) {
                    return;
                }
            }
        } catch (IOException | UncheckedIOException closed) {
            // the gateway left, as some tests want it to
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
        }
    }

    private boolean step(Request request, OutputStream out) throws IOException, InterruptedException {
        String line = request.head().substring(0, request.head().indexOf('\r'));
        if (line.startsWith("GET")) {
            if (line.contains("/v1/models")) {
                probes.incrementAndGet();
            }
            String answer = line.contains("/v1/models")
                    ? "{\"object\":\"list\",\"data\":[{\"id\":\"" + model + "\",\"object\":\"model\"}]}"
                    : line.contains("/metrics") ? metrics : "";
            return whole(out, 200, answer);
        }
        requests.add(request);
        arrived.countDown();
        Script script = scripts.poll();
        return (script == null ? last : script).answer(request, out);
    }

    private static String head(InputStream in) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        int state = 0;
        while (state < 4) {
            int c = in.read();
            if (c < 0) {
                return "";
            }
            bytes.write(c);
            state = c == (state % 2 == 0 ? '\r' : '\n') ? state + 1 : 0;
        }
        return bytes.toString(StandardCharsets.ISO_8859_1);
    }

    /** A whole JSON answer. */
    static boolean whole(OutputStream out, int status, String body) throws IOException {
        byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
        out.write(("HTTP/1.1 " + status + " X\r\ncontent-type: application/json\r\ncontent-length: " + bytes.length
                        + "\r\n\r\n")
                .getBytes(StandardCharsets.ISO_8859_1));
        out.write(bytes);
        out.flush();
        return true;
    }

    /** The head of a stream. */
    static void begin(OutputStream out) throws IOException {
        out.write("HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
                .getBytes(StandardCharsets.ISO_8859_1));
        out.flush();
    }

    /** One chunk. */
    static void chunk(OutputStream out, String text) throws IOException {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        out.write((Integer.toHexString(bytes.length) + "\r\n").getBytes(StandardCharsets.ISO_8859_1));
        out.write(bytes);
        out.write("\r\n".getBytes(StandardCharsets.ISO_8859_1));
        out.flush();
    }

    /** The last chunk. */
    static boolean end(OutputStream out) throws IOException {
        out.write("0\r\n\r\n".getBytes(StandardCharsets.ISO_8859_1));
        out.flush();
        return true;
    }

    /** One event of a chat stream with this text. */
    static String delta(String text) {
        return "data: {\"id\":\"c\",\"object\":\"chat.completion.chunk\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\""
                + text + "\"},\"finish_reason\":null}]}\n\n";
    }

    /** The event that says how a choice ended. */
    static String finish(String reason) {
        return "data: {\"id\":\"c\",\"object\":\"chat.completion.chunk\",\"choices\":[{\"index\":0,\"delta\":{},"
                + "\"finish_reason\":\"" + reason + "\"}]}\n\n";
    }

    /** The event with usage. */
    static String usage(int prompt, int cached, int completion) {
        return "data: {\"id\":\"c\",\"object\":\"chat.completion.chunk\",\"choices\":[],\"usage\":{\"prompt_tokens\":"
                + prompt + ",\"completion_tokens\":" + completion + ",\"total_tokens\":" + (prompt + completion)
                + ",\"prompt_tokens_details\":{\"cached_tokens\":" + cached + "}}}\n\n";
    }

    static final String DONE = "data: [DONE]\n\n";

    @Override
    public void close() throws IOException {
        die();
    }
}
