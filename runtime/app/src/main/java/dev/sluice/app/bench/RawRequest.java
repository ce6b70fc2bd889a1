package dev.sluice.app.bench;

import java.io.IOException;
import java.io.InputStream;
import java.util.Locale;

/** As much of HTTP/1.1 as an engine needs that only a gateway of ours talks to. */
public final class RawRequest {
    private RawRequest() {}

    /** A head with its empty line; empty at the end of the connection. */
    public static String head(InputStream in) throws IOException {
        StringBuilder head = new StringBuilder();
        while (head.length() < 4 || head.lastIndexOf("\r\n\r\n") != head.length() - 4) {
            int next = in.read();
            if (next < 0) {
                return "";
            }
            head.append((char) next);
        }
        return head.toString();
    }

    /** Bytes of the body that follows this head. */
    public static int length(String head) {
        return head.lines()
                .map(line -> line.toLowerCase(Locale.ROOT))
                .filter(line -> line.startsWith("content-length:"))
                .mapToInt(line ->
                        Integer.parseInt(line.substring(line.indexOf(':') + 1).strip()))
                .findFirst()
                .orElse(0);
    }
}
