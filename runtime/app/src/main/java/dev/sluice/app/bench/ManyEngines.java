package dev.sluice.app.bench;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Engines that say which model they serve and have a metrics page of real size, each at an address of its own in 127.0.0.0/8, all at
 * one port.
 */
final class ManyEngines implements AutoCloseable {
    private static final int ROW = 250;
    private static final byte[] MODELS = answer(
            "application/json",
            "{\"object\":\"list\",\"data\":[{\"id\":\"" + Configs.MODEL
                    + "\",\"object\":\"model\",\"created\":1760000000,\"owned_by\":\"vllm\",\"max_model_len\":131072}]}");
    private static final byte[] WELL = answer("application/json", "{}");

    private final Selector selector;
    private final int port;
    private final byte[] metrics;

    private ManyEngines(Selector selector, int port, byte[] metrics) {
        this.selector = selector;
        this.port = port;
        this.metrics = metrics;
    }

    /**
     * Listens at so many addresses.
     *
     * @param metrics a metrics page
     */
    static ManyEngines start(int count, String metrics) throws IOException {
        int port = Wire.freePort();
        Selector selector = Selector.open();
        ManyEngines engines = new ManyEngines(selector, port, answer("text/plain; version=0.0.4", metrics));
        for (int i = 0; i < count; i++) {
            ServerSocketChannel listener = ServerSocketChannel.open();
            listener.bind(new InetSocketAddress(address(i), port), 16);
            listener.configureBlocking(false);
            listener.register(selector, SelectionKey.OP_ACCEPT);
        }
        Thread.ofPlatform().daemon().name("engines").start(engines::accept);
        return engines;
    }

    static String address(int engine) {
        return "127.1." + engine / ROW + "." + (engine % ROW + 1);
    }

    int port() {
        return port;
    }

    private void accept() {
        try {
            while (selector.isOpen()) {
                selector.select(key -> {
                    try {
                        SocketChannel channel = ((ServerSocketChannel) key.channel()).accept();
                        if (channel != null) {
                            Thread.ofVirtual().start(() -> serve(channel.socket()));
                        }
                    } catch (IOException gone) {
                        // A connection that was closed before it was taken.
                    }
                });
            }
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    private static byte[] answer(String type, String body) {
        byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
        byte[] head = ("HTTP/1.1 200 OK\r\nserver: uvicorn\r\ncontent-type: " + type + "\r\ncontent-length: "
                        + bytes.length + "\r\n\r\n")
                .getBytes(StandardCharsets.US_ASCII);
        byte[] whole = Arrays.copyOf(head, head.length + bytes.length);
        System.arraycopy(bytes, 0, whole, head.length, bytes.length);
        return whole;
    }

    private void serve(Socket socket) {
        try (socket) {
            InputStream in = new BufferedInputStream(socket.getInputStream());
            OutputStream out = socket.getOutputStream();
            for (String head = RawRequest.head(in); !head.isEmpty(); head = RawRequest.head(in)) {
                in.skipNBytes(RawRequest.length(head));
                out.write(
                        head.startsWith("GET /v1/models") ? MODELS : head.startsWith("GET /metrics") ? metrics : WELL);
            }
        } catch (IOException e) {
            // The end of a connection, as good as any other.
        }
    }

    @Override
    public void close() throws IOException {
        for (SelectionKey key : selector.keys()) {
            key.channel().close();
        }
        selector.close();
    }
}
