package dev.sluice.simulator;

import java.io.EOFException;
import java.io.IOException;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * One client connection: a plain HTTP/1.1 reader and the raw socket. The stand-in reads leniently, as uvicorn does, and owns the
 * socket because a server that is to break every rule of HTTP on demand cannot sit on a server that keeps them.
 *
 * <p>While a request is being answered somebody has to notice that the client left, and only a read can tell. {@link #watch}
 * starts that read on a virtual thread of its own, with a buffer of its own: bytes that come instead of the end are the next
 * request's. Two threads never read the socket at a time: whoever parses and runs out of bytes first joins the watcher and takes
 * what it got. A watcher that outlives its request, because the next one was in the buffer already, simply goes on watching.
 */
final class Connection implements AutoCloseable {
    private static final int MOST_HEAD = 256 * 1024;
    private static final int MOST_BODY = 256 * 1024 * 1024;
    private final SocketChannel channel;
    private final ByteBuffer in = ByteBuffer.allocate(16 * 1024).flip();
    private final ByteBuffer early = ByteBuffer.allocate(4096).flip();
    private final List<Thread> watcher = new ArrayList<>(1);
    private volatile Runnable whenGone = () -> {};
    private volatile boolean gone;
    private volatile boolean idle;

    Connection(SocketChannel channel) throws IOException {
        this.channel = channel;
        channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
    }

    /** The next request; throws {@link EOFException} when the client has closed. */
    HttpRequest read() throws IOException {
        whenGone = () -> {};
        idle = true;
        var line = line(MOST_HEAD);
        while (line.isEmpty()) {
            line = line(MOST_HEAD);
        }
        idle = false;
        var parts = line.split(" ");
        if (parts.length != 3 || !parts[2].startsWith("HTTP/1.")) {
            throw new MalformedRequestException("Invalid HTTP request received.");
        }
        var headers = new ArrayList<HttpRequest.Header>();
        var left = MOST_HEAD;
        for (var field = line(left); !field.isEmpty(); field = line(left)) {
            left -= field.length();
            var colon = field.indexOf(':');
            if (colon <= 0) {
                throw new MalformedRequestException("Invalid HTTP request received.");
            }
            headers.add(new HttpRequest.Header(
                    field.substring(0, colon).toLowerCase(Locale.ROOT),
                    field.substring(colon + 1).trim()));
        }
        var question = parts[1].indexOf('?');
        var path = question < 0 ? parts[1] : parts[1].substring(0, question);
        var query = question < 0 ? "" : parts[1].substring(question + 1);
        var head = new HttpRequest(parts[0], path, query, parts[2].equals("HTTP/1.0"), headers, new byte[0]);
        if (head.header("expect").equalsIgnoreCase("100-continue")) {
            write("HTTP/1.1 100 Continue\r\n\r\n");
        }
        return new HttpRequest(head.method(), path, query, head.http10(), List.copyOf(headers), body(head));
    }

    private byte[] body(HttpRequest head) throws IOException {
        if (head.header("transfer-encoding").toLowerCase(Locale.ROOT).contains("chunked")) {
            return chunks();
        }
        var length = head.header("content-length");
        if (length.isEmpty()) {
            return new byte[0];
        }
        try {
            return bytes(size(length, 10));
        } catch (NumberFormatException e) {
            throw new MalformedRequestException("Invalid HTTP request received.");
        }
    }

    private byte[] chunks() throws IOException {
        var all = new byte[0];
        while (true) {
            var line = line(1024);
            var semicolon = line.indexOf(';');
            var size = 0;
            try {
                size = size((semicolon < 0 ? line : line.substring(0, semicolon)).trim(), 16);
            } catch (NumberFormatException e) {
                throw new MalformedRequestException("Invalid HTTP request received.");
            }
            if (size == 0) {
                while (!line(MOST_HEAD).isEmpty()) {
                    // Trailers say nothing to us.
                }
                return all;
            }
            if (all.length + (long) size > MOST_BODY) {
                throw new MalformedRequestException("body too large");
            }
            var chunk = bytes(size);
            var longer = Arrays.copyOf(all, all.length + size);
            System.arraycopy(chunk, 0, longer, all.length, size);
            all = longer;
            line(2);
        }
    }

    private static int size(String digits, int radix) throws MalformedRequestException {
        var size = Long.parseLong(digits, radix);
        if (size < 0 || size > MOST_BODY) {
            throw new MalformedRequestException("body too large");
        }
        return (int) size;
    }

    private String line(int most) throws IOException {
        var line = new StringBuilder();
        while (true) {
            while (in.hasRemaining()) {
                var c = (char) (in.get() & 0xff);
                if (c == '\n') {
                    var length = line.length();
                    if (length > 0 && line.charAt(length - 1) == '\r') {
                        line.setLength(length - 1);
                    }
                    return line.toString();
                }
                if (line.length() >= most) {
                    throw new MalformedRequestException("head too large");
                }
                line.append(c);
            }
            fill();
        }
    }

    private byte[] bytes(int count) throws IOException {
        var bytes = new byte[count];
        var got = 0;
        while (got < count) {
            if (!in.hasRemaining()) {
                fill();
            }
            var n = Math.min(count - got, in.remaining());
            in.get(bytes, got, n);
            got += n;
        }
        return bytes;
    }

    private void fill() throws IOException {
        awaitWatcher();
        in.clear();
        if (early.hasRemaining()) {
            in.put(early).flip();
            return;
        }
        if (gone) {
            throw new EOFException();
        }
        var n = channel.read(in);
        in.flip();
        if (n < 0) {
            throw new EOFException();
        }
    }

    /** From now on, until the next {@link #read}, runs the action when the client goes away. */
    void watch(Runnable action) {
        whenGone = action;
        if (gone) {
            action.run();
        } else if (watcher.isEmpty() || !watcher.getFirst().isAlive()) {
            watcher.clear();
            if (!early.hasRemaining()) {
                watcher.add(Thread.ofVirtual().name("watcher").start(this::watchOn));
            }
        }
    }

    private void watchOn() {
        try {
            early.clear();
            var n = channel.read(early);
            early.flip();
            if (n >= 0) {
                return;
            }
        } catch (IOException e) {
            // A reset is a way to leave.
            early.flip();
        }
        gone = true;
        whenGone.run();
    }

    /** Whether it waits for a request. */
    boolean isIdle() {
        return idle;
    }

    /** Waits until the client has left or sent more; only while {@link #watch} is on. */
    void awaitGone() throws IOException {
        awaitWatcher();
    }

    private void awaitWatcher() throws IOException {
        for (var thread : watcher) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                throw new EOFException("server stopped");
            }
        }
        watcher.clear();
    }

    void write(String ascii) throws IOException {
        write(ascii.getBytes(StandardCharsets.ISO_8859_1));
    }

    void write(byte[] bytes) throws IOException {
        var buffer = ByteBuffer.wrap(bytes);
        while (buffer.hasRemaining()) {
            channel.write(buffer);
        }
    }

    /** Closes with RST, so that the peer sees a reset and may lose what it has not read yet. */
    void reset() {
        try {
            channel.setOption(StandardSocketOptions.SO_LINGER, 0);
            channel.close();
        } catch (IOException e) {
            // It is closed, which is what was wanted.
        }
    }

    @Override
    public void close() {
        try {
            channel.close();
        } catch (IOException e) {
            // It is closed, which is what was wanted.
        }
    }
}
