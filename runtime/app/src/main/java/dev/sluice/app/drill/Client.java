package dev.sluice.app.drill;

import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/**
 * A client with one connection, that it keeps while the server lets it. It repeats nothing by itself; a kept connection that was closed
 * while nothing was asked is opened anew, as every client does.
 */
final class Client implements AutoCloseable {
    private static final int CONNECT_MS = 5000;
    private static final int SILENCE_MS = 30_000;
    private static final int LINE_LIMIT = 1 << 20;

    private final int port;
    private final IntFunction<String> carrier;
    private @Nullable Socket socket;
    private InputStream in = InputStream.nullInputStream();

    /** @param carrier tells by this client's own port which gateway has its connection */
    Client(int port, IntFunction<String> carrier) {
        this.port = port;
        this.carrier = carrier;
    }

    /** How far an answer got. */
    private static final class Progress {
        private boolean begun;
        private int status;
        private String id = "";
        private boolean keep;
        private long firstToken;
        private Ending ending = Ending.NO_BYTE;
        private String why = "";
    }

    /** Asks, and reads to the end, whatever it is. */
    Result call(Ask ask, String key, boolean keep) {
        Progress progress = new Progress();
        long begun = System.nanoTime();
        String gateway = "";
        try {
            Socket open = connection();
            begun = System.nanoTime();
            open.getOutputStream().write(ask.bytes(key, keep));
            read(ask, progress);
        } catch (SocketTimeoutException e) {
            progress.ending = Ending.HUNG;
            progress.why = "silence for " + SILENCE_MS / 1000 + " s";
        } catch (IOException e) {
            progress.ending = progress.begun ? Ending.CUT : Ending.NO_BYTE;
            progress.why = String.valueOf(e.getMessage());
        } catch (RuntimeException e) {
            progress.ending = Ending.FALSE_END;
            progress.why = "no HTTP: " + e;
        }
        Socket now = socket;
        if (now != null) {
            gateway = carrier.apply(now.getLocalPort());
        }
        if (!keep || !progress.keep) {
            close();
        }
        return new Result(
                progress.ending,
                gateway,
                progress.id,
                progress.status,
                System.nanoTime() - begun,
                progress.firstToken == 0 ? 0 : progress.firstToken - begun,
                progress.why);
    }

    private Socket connection() throws IOException {
        Socket kept = socket;
        if (kept != null && !closedMeanwhile(kept)) {
            return kept;
        }
        close();
        Socket fresh = new Socket();
        socket = fresh;
        fresh.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), CONNECT_MS);
        fresh.setTcpNoDelay(true);
        fresh.setSoTimeout(SILENCE_MS);
        in = new BufferedInputStream(fresh.getInputStream(), 16 * 1024);
        return fresh;
    }

    private boolean closedMeanwhile(Socket kept) {
        try {
            kept.setSoTimeout(1);
            if (in.read() >= 0) {
                throw new IllegalStateException("bytes that nobody asked for");
            }
            return true;
        } catch (SocketTimeoutException alive) {
            try {
                kept.setSoTimeout(SILENCE_MS);
                return false;
            } catch (IOException e) {
                return true;
            }
        } catch (IOException e) {
            return true;
        }
    }

    private void read(Ask ask, Progress progress) throws IOException {
        String start = line(in, progress);
        if (!start.startsWith("HTTP/1.1 ")) {
            throw new IllegalStateException(start);
        }
        progress.status = Integer.parseInt(start.substring(9, 12));
        Map<String, String> headers = headers();
        progress.id = headers.getOrDefault("x-sluice-id", "");
        progress.keep = !headers.getOrDefault("connection", "").equalsIgnoreCase("close");
        boolean chunked = headers.getOrDefault("transfer-encoding", "").equals("chunked");
        if (progress.status == 200 && ask.stream() && chunked) {
            stream(ask, progress);
            return;
        }
        byte[] body = chunked ? chunks() : in.readNBytes(Integer.parseInt(headers.getOrDefault("content-length", "0")));
        if (!chunked && body.length < Integer.parseInt(headers.getOrDefault("content-length", "0"))) {
            throw new EOFException("cut after " + body.length + " bytes");
        }
        String text = new String(body, StandardCharsets.UTF_8);
        if (progress.status != 200) {
            progress.ending = text.contains("\"error\"") ? Ending.REFUSED : Ending.FALSE_END;
            progress.why = progress.status + " " + text;
            return;
        }
        boolean whole = !ask.stream() && text.contains("\"finish_reason\":\"length\"") && text.endsWith("}");
        progress.ending = whole ? Ending.COMPLETE : Ending.FALSE_END;
        progress.why = whole ? "" : text;
    }

    private void stream(Ask ask, Progress progress) throws IOException {
        StreamCheck check = new StreamCheck();
        StringBuilder rest = new StringBuilder();
        try {
            for (byte[] chunk = chunk(); chunk.length > 0; chunk = chunk()) {
                rest.append(new String(chunk, StandardCharsets.ISO_8859_1)); // only ASCII is looked at
                int from = 0;
                for (int end = rest.indexOf("\n"); end >= 0; end = rest.indexOf("\n", from)) {
                    check.line(rest.substring(from, end).stripTrailing());
                    from = end + 1;
                }
                rest.delete(0, from);
                if (progress.firstToken == 0 && check.tokens() > 0) {
                    progress.firstToken = System.nanoTime();
                }
            }
            progress.ending = check.ending(ask.tokens(), true);
        } catch (SocketTimeoutException e) {
            throw e;
        } catch (IOException e) {
            progress.ending = check.ending(ask.tokens(), false);
            progress.keep = false;
        }
        progress.why = progress.ending == Ending.COMPLETE ? "" : check + " of " + ask.tokens();
    }

    private byte[] chunks() throws IOException {
        java.io.ByteArrayOutputStream all = new java.io.ByteArrayOutputStream();
        for (byte[] chunk = chunk(); chunk.length > 0; chunk = chunk()) {
            all.writeBytes(chunk);
        }
        return all.toByteArray();
    }

    /** The next chunk; empty when it was the last one. */
    private byte[] chunk() throws IOException {
        int size = Integer.parseInt(line(in, new Progress()), 16);
        byte[] chunk = in.readNBytes(size);
        if (chunk.length < size) {
            throw new EOFException("cut in a chunk");
        }
        if (!line(in, new Progress()).isEmpty()) {
            throw new IllegalStateException("a chunk that is longer than it says");
        }
        return chunk;
    }

    private Map<String, String> headers() throws IOException {
        Map<String, String> headers = new TreeMap<>();
        for (String line = line(in, new Progress()); !line.isEmpty(); line = line(in, new Progress())) {
            int colon = line.indexOf(':');
            headers.put(
                    line.substring(0, colon).toLowerCase(Locale.ROOT),
                    line.substring(colon + 1).strip());
        }
        return headers;
    }

    private static String line(InputStream in, Progress progress) throws IOException {
        StringBuilder line = new StringBuilder();
        for (int b = in.read(); b != '\n'; b = in.read()) {
            if (b < 0) {
                throw new EOFException("closed");
            }
            progress.begun = true;
            line.append((char) b);
            if (line.length() > LINE_LIMIT) {
                throw new IllegalStateException("a line without end");
            }
        }
        return line.toString().stripTrailing();
    }

    @Override
    public void close() {
        Socket open = socket;
        socket = null;
        if (open != null) {
            try {
                open.close();
            } catch (IOException e) {
                // It is gone already.
            }
        }
    }
}
