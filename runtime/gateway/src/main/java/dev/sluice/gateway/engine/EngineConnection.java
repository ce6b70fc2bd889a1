package dev.sluice.gateway.engine;

import dev.sluice.gateway.engine.Ground.Sockets;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.SSLSocketFactory;
import org.jspecify.annotations.Nullable;

/**
 * Calls of one thread to one engine, over one connection that is kept while the calls are close together.
 *
 * <p>Why not Helidon's client: measured with 100 engines it costs 1.7 times the CPU for each call, its first use takes
 * most of a second, its connection cache polls every idle connection ten times a second, and it knows no limit for a call
 * as a whole. All that is needed here is a GET, and a POST of bytes. Each wait for bytes is given what is left of the call's time, so a
 * trickle can't outlast it. vLLM's server closes idle connections after 5 s, so one that has rested longer than
 * {@link #REST} is not trusted again, and one that turns out stale is replaced once.
 */
final class EngineConnection implements AutoCloseable {
    private static final byte[] NO_BODY = {};
    private static final long REST = Duration.ofSeconds(2).toNanos();

    /** Takes an answer. */
    @FunctionalInterface
    interface Reader<T> {
        T read(int status, InputStream body) throws IOException;
    }

    private final String host;
    private final int port;
    private final boolean secure;
    private final Optional<SSLContext> tls;
    private final String prefix;
    private final String headers;
    private final Duration timeout;
    private final Ground ground;
    private volatile @Nullable Line line;
    private @Nullable AnswerStream stream;
    private long usedAt;
    private volatile boolean closed;

    EngineConnection(EngineTarget target, Duration timeout) {
        this(target, target.base(), timeout, Ground.JDK);
    }

    /**
     * Calls from a thread of that ground.
     *
     * @param base where paths begin: the engine's own base, or its metrics page, which is then path {@code ""}
     */
    EngineConnection(EngineTarget target, URI base, Duration timeout, Ground ground) {
        this.timeout = timeout;
        this.ground = ground;
        this.secure = "https".equalsIgnoreCase(base.getScheme());
        this.tls = target.tls();
        this.port = base.getPort() >= 0 ? base.getPort() : secure ? 443 : 80;
        this.host = base.getHost().startsWith("[")
                ? base.getHost().substring(1, base.getHost().length() - 1)
                : base.getHost();
        String path = base.getRawPath() == null ? "" : base.getRawPath();
        this.prefix = path.endsWith("/") ? path.substring(0, path.length() - 1) : path;
        this.headers = " HTTP/1.1\r\nHost: " + base.getHost() + ":" + port + "\r\nUser-Agent: sluice\r\nAccept: */*\r\n"
                + target.bearer()
                        .map(key -> "Authorization: Bearer " + key + "\r\n")
                        .orElse("");
    }

    /**
     * One GET, cut off when it takes longer than the time limit as a whole.
     *
     * @throws EngineCallException in words when no answer came or the reader could not take it
     */
    <T> T get(String path, Reader<T> reader) throws EngineCallException {
        return again(start("GET", path) + headers + "\r\n", NO_BODY, timeout, reader);
    }

    /**
     * One POST of JSON, cut off when it takes longer than this limit as a whole. Nothing may come of it but its answer: it is
     * sent again when the connection turns out stale.
     *
     * @throws EngineCallException in words when no answer came or the reader could not take it
     */
    <T> T post(String path, byte[] body, Duration limit, Reader<T> reader) throws EngineCallException {
        String head = start("POST", path) + headers + "Content-Type: application/json\r\nContent-Length: " + body.length
                + "\r\n\r\n";
        return again(head, body, limit, reader);
    }

    private String start(String method, String path) {
        return method + " " + (prefix + path).replaceFirst("^$", "/");
    }

    private <T> T again(String head, byte[] body, Duration limit, Reader<T> reader) throws EngineCallException {
        if (stream != null && System.nanoTime() - usedAt < REST) {
            try {
                return call(head, body, limit, reader);
            } catch (EngineCallException e) {
                if (e.late()) {
                    throw e; // it did answer, or had its time: asking again would double the limit
                }
            }
        }
        hangUp();
        return call(head, body, limit, reader);
    }

    private <T> T call(String head, byte[] body, Duration limit, Reader<T> reader) throws EngineCallException {
        long deadline = System.nanoTime() + limit.toNanos();
        boolean clean = false;
        boolean answered = false;
        try {
            AnswerStream answer = stream == null ? open(limit) : stream;
            answer.deadline(deadline);
            answer.send(head.getBytes(StandardCharsets.ISO_8859_1));
            if (body.length > 0) {
                answer.send(body);
            }
            int status = answer.readHead();
            answered = true;
            T result = reader.read(status, answer);
            clean = answer.reusable();
            return result;
        } catch (IOException | RuntimeException e) {
            boolean late = e instanceof SocketTimeoutException || System.nanoTime() - deadline >= 0;
            throw new EngineCallException(
                    late ? "no answer within " + limit.toMillis() + " ms" : words(e), late || answered, e);
        } finally {
            usedAt = System.nanoTime();
            if (!clean) {
                hangUp();
            }
        }
    }

    private AnswerStream open(Duration limit) throws IOException {
        if (closed) {
            throw new IOException("no longer watched");
        }
        Line ready = secure ? secured(Sockets.connect(host, port, limit)) : ground.connect(host, port, limit);
        line = ready;
        if (closed) { // meanwhile, and whoever closed it saw no line
            hangUp();
            throw new IOException("no longer watched");
        }
        AnswerStream opened = new AnswerStream(ready);
        stream = opened;
        return opened;
    }

    private Line secured(Socket plain) throws IOException {
        try {
            SSLSocketFactory factory = tls.map(SSLContext::getSocketFactory)
                    .orElseGet(() -> (SSLSocketFactory) SSLSocketFactory.getDefault());
            SSLSocket secured = (SSLSocket) factory.createSocket(plain, host, port, true);
            SSLParameters parameters = secured.getSSLParameters();
            parameters.setEndpointIdentificationAlgorithm("HTTPS");
            secured.setSSLParameters(parameters);
            secured.startHandshake();
            return new SocketLine(secured);
        } catch (IOException | RuntimeException e) {
            plain.close();
            throw e;
        }
    }

    private static String words(Exception failure) {
        if (failure instanceof UnknownHostException) {
            return "unknown host";
        }
        if (failure instanceof SSLException refused) {
            return TlsWords.of(refused);
        }
        String message = failure.getMessage();
        return message == null ? failure.getClass().getSimpleName() : message;
    }

    /** Nothing is asked for so long, in ns: a connection that would not be trusted afterwards is given back now. */
    void idle(long nanos) {
        if (nanos > REST) {
            hangUp();
        }
    }

    private void hangUp() {
        stream = null;
        Line open = line;
        line = null;
        if (open != null) {
            open.close();
        }
    }

    /** Closes the connection for good; from any thread. A call that is under way fails. */
    @Override
    public void close() {
        closed = true;
        Line open = line;
        if (open != null) {
            open.close();
        }
    }
}
