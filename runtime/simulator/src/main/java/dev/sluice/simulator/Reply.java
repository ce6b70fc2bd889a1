package dev.sluice.simulator;

import dev.sluice.simulator.Faults.Kind;
import java.io.IOException;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Arrays;
import java.util.Optional;

/**
 * Writes the answer to one request, with uvicorn's heads and framing, or breaks it where a rule of {@link Faults} says so. A whole
 * answer goes out by {@link #whole}; a stream by {@link #open}, {@link #event} and {@link #end}, each event one chunk.
 */
final class Reply {
    private static final byte[] LAST_CHUNK = Json.utf8("0\r\n\r\n");
    private final Connection connection;
    private final HttpRequest request;
    private final String requestId;
    private final Optional<Faults.Rule> fault;
    private int events;
    private int status;
    private long sent;
    private boolean open;

    Reply(Connection connection, HttpRequest request, String requestId, Optional<Faults.Rule> fault) {
        this.connection = connection;
        this.request = request;
        this.requestId = requestId;
        this.fault = fault;
    }

    HttpRequest request() {
        return request;
    }

    Connection connection() {
        return connection;
    }

    /** The status sent, or 0. */
    int status() {
        return status;
    }

    /** Bytes of body sent. */
    long sent() {
        return sent;
    }

    boolean isOpen() {
        return open;
    }

    boolean strikes(Kind kind) {
        return fault.isPresent() && fault.get().kind() == kind;
    }

    /** Events or tokens before the fault strikes. */
    int after() {
        return fault.map(Faults.Rule::after).orElse(0);
    }

    /** What goes wrong before anything is written. */
    void begin() throws IOException {
        if (fault.isEmpty()) {
            return;
        }
        switch (fault.get().kind()) {
            case CLOSE_BEFORE_HEAD -> hangUp(false);
            case RESET_BEFORE_HEAD -> hangUp(true);
            case BAD_HEAD -> {
                connection.write("HTTP/9.9 yes maybe\r\nno colon here\r\n\r\n\0\0\0");
                hangUp(false);
            }
            case INFORMATIONAL -> {
                for (var i = 0; i < 1000; i++) {
                    connection.write("HTTP/1.1 103 Early Hints\r\nlink: </x" + i + ">; rel=preload\r\n\r\n");
                }
            }
            case STATUS -> {
                var code = fault.get().status();
                throw ApiException.injected(
                        code, code == 429 ? "RateLimitError" : "InternalServerError", "injected fault");
            }
            default -> {}
        }
    }

    /** A complete answer; an empty content type sends none. */
    void whole(int code, String contentType, byte[] body, String... extra) throws IOException {
        status = code;
        var length = (long) body.length;
        var bytes = body;
        if (fault.isPresent()) {
            switch (fault.get().kind()) {
                case SHORT_LENGTH -> length = Math.max(0, length / 2);
                case LONG_LENGTH -> length += 100;
                case GARBAGE_BODY -> bytes = garbage(body.length);
                default -> {}
            }
        }
        var head = head(code);
        for (var i = 0; i < extra.length; i += 2) {
            head.append(extra[i]).append(": ").append(extra[i + 1]).append("\r\n");
        }
        head.append("content-length: ").append(length).append("\r\n");
        if (!contentType.isEmpty()) {
            head.append("content-type: ").append(contentType).append("\r\n");
        }
        finishHead(head);
        if (strikes(Kind.CLOSE_AFTER_HEAD) || strikes(Kind.RESET_AFTER_HEAD)) {
            connection.write(head.toString());
            hangUp(strikes(Kind.RESET_AFTER_HEAD));
        }
        var cut = strikes(Kind.CUT) || strikes(Kind.RESET);
        var shown = request.method().equals("HEAD") ? 0 : cut ? bytes.length / 2 : bytes.length;
        var headBytes = Json.utf8(head.toString());
        var all = Arrays.copyOf(headBytes, headBytes.length + shown);
        System.arraycopy(bytes, 0, all, headBytes.length, shown);
        connection.write(all);
        sent += shown;
        if (cut || strikes(Kind.LONG_LENGTH)) {
            hangUp(strikes(Kind.RESET));
        }
    }

    void json(int code, String body, String... extra) throws IOException {
        whole(code, "application/json", Json.utf8(body), extra);
    }

    void error(ApiException e) throws IOException {
        json(e.status(), errorJson(e));
    }

    static String errorJson(ApiException e) {
        return "{\"error\":{\"message\":" + Json.quote(e.text()) + ",\"type\":" + Json.quote(e.type()) + ",\"param\":"
                + (e.param().isEmpty() ? "null" : Json.quote(e.param())) + ",\"code\":" + e.status() + "}}";
    }

    /** Sends the head of an event stream. */
    void open() throws IOException {
        status = 200;
        open = true;
        var head = head(200).append("content-type: text/event-stream; charset=utf-8\r\n");
        finishHead(head);
        connection.write(
                request.http10()
                        ? head.toString()
                        : head.insert(head.length() - 2, "transfer-encoding: chunked\r\n")
                                .toString());
        if (strikes(Kind.CLOSE_AFTER_HEAD) || strikes(Kind.RESET_AFTER_HEAD)) {
            hangUp(strikes(Kind.RESET_AFTER_HEAD));
        }
    }

    /**
     * One event, blank line included.
     *
     * @throws StalledException when a fault wants the stream to stall from here on
     */
    void event(String text) throws IOException {
        if (fault.isPresent() && events >= fault.get().after()) {
            switch (fault.get().kind()) {
                case RESET -> hangUp(true);
                case CUT -> hangUp(false);
                case END_EARLY -> {
                    end();
                    throw new HangUpException();
                }
                case GARBAGE_BODY -> {
                    chunk(garbage(64));
                    events++;
                    return;
                }
                case STALL -> throw new StalledException();
                case ERROR_EVENT -> throw ApiException.engineDead();
                default -> {}
            }
        }
        events++;
        chunk(Json.utf8(text));
    }

    /** An event past all faults. */
    void lastWords(String text) throws IOException {
        chunk(Json.utf8(text));
    }

    /** The end of the stream, correctly framed. */
    void end() throws IOException {
        open = false;
        if (!request.http10()) {
            connection.write(LAST_CHUNK);
        }
    }

    boolean keepAlive() {
        return request.keepAlive() && !request.http10();
    }

    private void chunk(byte[] bytes) throws IOException {
        sent += bytes.length;
        if (request.http10()) {
            connection.write(bytes);
            return;
        }
        var size = Json.utf8(Integer.toHexString(bytes.length) + "\r\n");
        var all = new byte[size.length + bytes.length + 2];
        System.arraycopy(size, 0, all, 0, size.length);
        System.arraycopy(bytes, 0, all, size.length, bytes.length);
        all[all.length - 2] = '\r';
        all[all.length - 1] = '\n';
        connection.write(all);
    }

    private void hangUp(boolean reset) throws HangUpException {
        if (reset) {
            connection.reset();
        } else {
            connection.close();
        }
        throw new HangUpException();
    }

    private StringBuilder head(int code) {
        return new StringBuilder(256)
                .append("HTTP/1.1 ")
                .append(code)
                .append(' ')
                .append(phrase(code))
                .append("\r\ndate: ")
                .append(DateTimeFormatter.RFC_1123_DATE_TIME.format(ZonedDateTime.now(ZoneOffset.UTC)))
                .append("\r\nserver: uvicorn\r\n");
    }

    private void finishHead(StringBuilder head) {
        head.append("vary: Origin\r\n");
        if (!requestId.isEmpty()) {
            head.append("x-request-id: ").append(requestId).append("\r\n");
        }
        if (!keepAlive()) {
            head.append("connection: close\r\n");
        }
        head.append("\r\n");
    }

    private static byte[] garbage(int length) {
        var bytes = new byte[length];
        for (var i = 0; i < length; i++) {
            bytes[i] = (byte) (Hashes.mix(i) >>> 40);
        }
        return bytes;
    }

    private static String phrase(int code) {
        return switch (code) {
            case 200 -> "OK";
            case 400 -> "Bad Request";
            case 401 -> "Unauthorized";
            case 403 -> "Forbidden";
            case 404 -> "Not Found";
            case 405 -> "Method Not Allowed";
            case 429 -> "Too Many Requests";
            case 500 -> "Internal Server Error";
            case 501 -> "Not Implemented";
            case 502 -> "Bad Gateway";
            case 503 -> "Service Unavailable";
            case 504 -> "Gateway Timeout";
            default -> "Status";
        };
    }
}
