package dev.sluice.app.bench;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** An engine that never finishes an answer, and knows when its connection was closed. */
final class WatchedEngine implements AutoCloseable {
    private static final long CHUNK_PAUSE = TimeUnit.MILLISECONDS.toNanos(2);
    private static final int WAIT_SECONDS = 10;
    private static final String HEAD = "HTTP/1.1 200 OK\r\nserver: uvicorn\r\ncontent-type: ";
    private static final String MODELS = "{\"object\":\"list\",\"data\":[{\"id\":\"" + Configs.MODEL
            + "\",\"object\":\"model\",\"created\":1760000000,\"owned_by\":\"vllm\",\"max_model_len\":131072}]}";
    private static final String EVENT =
            "data: {\"id\":\"chatcmpl-1\",\"object\":\"chat.completion.chunk\",\"created\":1760000000,"
                    + "\"model\":\"" + Configs.MODEL
                    + "\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\" token\"},\"logprobs\":null,\"finish_reason\":null}]}\n\n";

    /** How far an answer gets. */
    enum Answer {
        /** Not even its head: an answer that is still computed. */
        NOTHING,
        /** A stream's head. */
        HEAD,
        /** A head, and events without end. */
        EVENTS
    }

    private final ServerSocket listener;
    private final BlockingQueue<Long> arrivals = new LinkedBlockingQueue<>();
    private final BlockingQueue<Long> closes = new LinkedBlockingQueue<>();
    private volatile Answer answer = Answer.NOTHING;

    private WatchedEngine(ServerSocket listener) {
        this.listener = listener;
    }

    static WatchedEngine start() throws IOException {
        WatchedEngine engine = new WatchedEngine(new ServerSocket(0, 64, InetAddress.getLoopbackAddress()));
        Thread.ofPlatform().daemon().name("engine").start(engine::accept);
        return engine;
    }

    int port() {
        return listener.getLocalPort();
    }

    /** How it answers from now on. */
    void answer(Answer next) {
        answer = next;
    }

    /** Waits until a request has arrived. */
    void awaitRequest() throws IOException, InterruptedException {
        if (arrivals.poll(WAIT_SECONDS, TimeUnit.SECONDS) == null) {
            throw new IOException("no request reached the engine within " + WAIT_SECONDS + " s");
        }
    }

    /** Waits until the connection of a request was closed; {@link System#nanoTime()} of it. */
    long awaitClose() throws IOException, InterruptedException {
        Long at = closes.poll(WAIT_SECONDS, TimeUnit.SECONDS);
        if (at == null) {
            throw new IOException("the engine's connection was not closed within " + WAIT_SECONDS + " s");
        }
        return at;
    }

    private void accept() {
        while (!listener.isClosed()) {
            try {
                Socket socket = listener.accept();
                socket.setTcpNoDelay(true);
                Thread.ofPlatform().daemon().name("engine connection").start(() -> serve(socket));
            } catch (IOException e) {
                return;
            }
        }
    }

    private void serve(Socket socket) {
        boolean asked = false;
        try (socket) {
            InputStream in = new BufferedInputStream(socket.getInputStream());
            OutputStream out = socket.getOutputStream();
            for (String head = RawRequest.head(in); !head.isEmpty(); head = RawRequest.head(in)) {
                in.skipNBytes(RawRequest.length(head));
                if (head.startsWith("GET ")) {
                    String page = head.startsWith("GET /v1/models") ? MODELS : "{}";
                    write(out, HEAD + "application/json\r\ncontent-length: " + page.length() + "\r\n\r\n" + page);
                    continue;
                }
                asked = true;
                respond(out, answer);
                arrivals.add(System.nanoTime());
            }
        } catch (IOException e) {
            // The end of a connection, as good as any other.
        }
        if (asked) {
            closes.add(System.nanoTime());
        }
    }

    private void respond(OutputStream out, Answer wanted) throws IOException {
        if (wanted == Answer.NOTHING) {
            return;
        }
        write(out, HEAD + "text/event-stream; charset=utf-8\r\ntransfer-encoding: chunked\r\n\r\n");
        if (wanted == Answer.EVENTS) {
            Thread.ofPlatform().daemon().name("engine stream").start(() -> stream(out));
        }
    }

    private static void stream(OutputStream out) {
        String chunk = Integer.toHexString(EVENT.length()) + "\r\n" + EVENT + "\r\n";
        try {
            while (true) {
                write(out, chunk);
                LockSupport.parkNanos(CHUNK_PAUSE);
            }
        } catch (IOException e) {
            // The reader of this connection notices too, and says when.
        }
    }

    private static void write(OutputStream out, String text) throws IOException {
        out.write(text.getBytes(StandardCharsets.US_ASCII));
    }

    @Override
    public void close() throws IOException {
        listener.close();
    }
}
