package dev.sluice.app;

import dev.sluice.app.bench.RawRequest;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;

/** An engine that answers at once, as the prefill or as the generating half as it is asked, and knows how long that took. */
final class TimedEngine implements AutoCloseable {
    private static final String MODELS =
            "{\"object\":\"list\",\"data\":[{\"id\":\"apart\",\"object\":\"model\"},{\"id\":\"alone\",\"object\":\"model\"}]}";
    private static final String PREFILLED =
            "{\"id\":\"c\",\"object\":\"chat.completion\",\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\","
                    + "\"content\":\"x\"},\"finish_reason\":\"length\"}],\"usage\":{\"prompt_tokens\":2000,\"completion_tokens\":1,"
                    + "\"total_tokens\":2001,\"prompt_tokens_details\":{\"cached_tokens\":0}},\"kv_transfer_params\":"
                    + "{\"do_remote_prefill\":true,\"do_remote_decode\":false,\"remote_block_ids\":[[1,2]],"
                    + "\"remote_engine_id\":\"e-1\",\"remote_request_id\":\"r-1\",\"remote_host\":\"10.0.0.1\",\"remote_port\":5600}}";
    private static final String STREAM =
            "data: {\"id\":\"c\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"x\"},\"finish_reason\":\"stop\"}]}\n\n"
                    + "data: {\"id\":\"c\",\"choices\":[],\"usage\":{\"prompt_tokens\":2000,\"completion_tokens\":1,"
                    + "\"total_tokens\":2001}}\n\ndata: [DONE]\n\n";

    private final ServerSocket listener = new ServerSocket(0, 64, InetAddress.getLoopbackAddress());
    private volatile long last;

    TimedEngine() throws IOException {
        Thread.ofPlatform().daemon().name("engine").start(this::accept);
    }

    int port() {
        return listener.getLocalPort();
    }

    /** From a request's first byte that it read to the last byte of what it answered, the last time; ns. */
    long lastNanos() {
        return last;
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
        try (socket) {
            InputStream in = new BufferedInputStream(socket.getInputStream(), 1 << 16);
            OutputStream out = socket.getOutputStream();
            while (true) {
                in.mark(1);
                if (in.read() < 0) {
                    return;
                }
                long began = System.nanoTime();
                in.reset();
                String head = RawRequest.head(in);
                if (head.isEmpty()) {
                    return;
                }
                String body = new String(in.readNBytes(RawRequest.length(head)), StandardCharsets.US_ASCII);
                if (head.startsWith("GET ")) {
                    whole(out, head.startsWith("GET /v1/models") ? MODELS : "{}");
                    continue;
                }
                if (body.contains("\"do_remote_decode\":true")) {
                    whole(out, PREFILLED);
                } else {
                    out.write(
                            ("HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
                                            + Integer.toHexString(STREAM.length()) + "\r\n" + STREAM + "\r\n0\r\n\r\n")
                                    .getBytes(StandardCharsets.US_ASCII));
                }
                last = System.nanoTime() - began;
            }
        } catch (IOException e) {
            // The end of a connection, as good as any other.
        }
    }

    private static void whole(OutputStream out, String json) throws IOException {
        out.write(("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: " + json.length() + "\r\n\r\n"
                        + json)
                .getBytes(StandardCharsets.US_ASCII));
    }

    @Override
    public void close() throws IOException {
        listener.close();
    }
}
