package dev.sluice.gateway.engine;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.regex.Pattern;

/** The body of one answer after the other on one connection, as framed by Content-Length, chunks or the end. */
final class AnswerStream extends InputStream {
    private static final int BUFFER = 8 * 1024;
    private static final int LINE = 8 * 1024;
    private static final int HEAD = 32 * 1024;

    private static final Pattern START = Pattern.compile("HTTP/1\\.[01] [1-5][0-9][0-9]( .*)?");
    private static final Pattern DECIMAL = Pattern.compile("[0-9]{1,18}");
    private static final Pattern HEX = Pattern.compile("[0-9a-fA-F]{1,8}");

    private enum Framing {
        LENGTH,
        CHUNKED,
        CLOSE
    }

    private final Line line;
    private final byte[] buffer = new byte[BUFFER];
    private int position;
    private int limit;
    private long deadline;
    private int headBytes;
    private Framing framing = Framing.CLOSE;
    /** Bytes left of the body, or of the chunk. */
    private long left;

    private boolean ended;
    private boolean keepAlive;

    AnswerStream(Line line) {
        this.line = line;
    }

    /** Nothing is waited for beyond this {@link System#nanoTime}. */
    void deadline(long nanoTime) {
        deadline = nanoTime;
    }

    void send(byte[] request) throws IOException {
        line.write(request, deadline);
    }

    /** Reads the head of a final answer; returns its status. */
    int readHead() throws IOException {
        headBytes = 0;
        int status = 100;
        while (status < 200) {
            status = readOneHead();
        }
        if (status == 204 || status == 304) {
            framing = Framing.LENGTH;
            left = 0;
        }
        ended = framing == Framing.LENGTH && left == 0;
        return status;
    }

    private int readOneHead() throws IOException {
        String start = line();
        if (!START.matcher(start).matches()) {
            throw new IOException("no HTTP answer");
        }
        keepAlive = start.startsWith("HTTP/1.1");
        framing = Framing.CLOSE;
        left = -1;
        for (String header = line(); !header.isEmpty(); header = line()) {
            int colon = header.indexOf(':');
            if (colon <= 0) {
                throw new IOException("a broken header in the answer");
            }
            header(
                    header.substring(0, colon).toLowerCase(Locale.ROOT),
                    header.substring(colon + 1).strip());
        }
        return Integer.parseInt(start.substring(9, 12));
    }

    private void header(String name, String value) throws IOException {
        switch (name) {
            case "content-length" -> {
                if (framing != Framing.CLOSE || !DECIMAL.matcher(value).matches()) {
                    throw new IOException("an answer with doubtful framing");
                }
                framing = Framing.LENGTH;
                left = Long.parseLong(value);
            }
            case "transfer-encoding" -> {
                if (framing != Framing.CLOSE || !value.equalsIgnoreCase("chunked")) {
                    throw new IOException("an answer with doubtful framing");
                }
                framing = Framing.CHUNKED;
                left = 0;
            }
            case "connection" -> keepAlive &= !value.toLowerCase(Locale.ROOT).contains("close");
            default -> {
                // says nothing about framing
            }
        }
    }

    /** Whether the answer was read to its end and the connection can carry another. */
    boolean reusable() throws IOException {
        if (!ended && framing == Framing.CHUNKED && left == 0) {
            nextChunk(); // what is left may be the last chunk only
        }
        return ended && keepAlive && framing != Framing.CLOSE && position == limit;
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
    }

    @Override
    public int read(byte[] bytes, int offset, int length) throws IOException {
        if (length == 0) {
            return 0;
        }
        if (!ended && framing == Framing.CHUNKED && left == 0) {
            nextChunk();
        }
        if (ended) {
            return -1;
        }
        int wanted = framing == Framing.CLOSE ? length : (int) Math.min(left, length);
        int n = take(bytes, offset, wanted);
        if (n < 0) {
            if (framing != Framing.CLOSE) {
                throw new EOFException("the answer was cut short");
            }
            ended = true;
            return -1;
        }
        if (framing != Framing.CLOSE) {
            left -= n;
            if (left == 0 && framing == Framing.CHUNKED && !line().isEmpty()) {
                throw new IOException("a broken chunk in the answer");
            }
            ended = left == 0 && framing == Framing.LENGTH;
        }
        return n;
    }

    private void nextChunk() throws IOException {
        headBytes = 0;
        String line = line();
        int end = line.indexOf(';');
        String size = (end < 0 ? line : line.substring(0, end)).strip();
        if (!HEX.matcher(size).matches()) {
            throw new IOException("a broken chunk in the answer");
        }
        left = Long.parseLong(size, 16);
        if (left == 0) {
            while (!line().isEmpty()) {
                headBytes++; // trailers
            }
            ended = true;
        }
    }

    /** From the buffer when it holds something, past it when much is wanted. */
    private int take(byte[] bytes, int offset, int length) throws IOException {
        if (position == limit) {
            if (length >= BUFFER) {
                return receive(bytes, offset, length);
            }
            fill();
        }
        int n = Math.min(length, limit - position);
        if (n <= 0) {
            return -1;
        }
        System.arraycopy(buffer, position, bytes, offset, n);
        position += n;
        return n;
    }

    private void fill() throws IOException {
        position = 0;
        limit = Math.max(0, receive(buffer, 0, BUFFER));
    }

    private int receive(byte[] bytes, int offset, int length) throws IOException {
        return line.read(bytes, offset, length, deadline);
    }

    private String line() throws IOException {
        StringBuilder text = new StringBuilder();
        while (true) {
            if (position == limit) {
                fill();
                if (limit == 0) {
                    throw new EOFException("closed without an answer");
                }
            }
            int end = position;
            while (end < limit && buffer[end] != '\n') {
                end++;
            }
            text.append(new String(buffer, position, end - position, StandardCharsets.ISO_8859_1));
            headBytes += end - position + 1;
            if (text.length() > LINE || headBytes > HEAD) {
                throw new IOException("an answer with too long a head");
            }
            position = end;
            if (end < limit) {
                position++;
                int last = text.length() - 1;
                if (last >= 0 && text.charAt(last) == '\r') {
                    text.setLength(last);
                }
                return text.toString();
            }
        }
    }
}
