package dev.sluice.simulator;

import java.util.List;
import java.util.Locale;

/**
 * One HTTP request, wholly read.
 *
 * @param path without the query
 * @param query without the question mark; empty when there is none
 * @param headers names in lower case, in order
 */
@SuppressWarnings("ArrayRecordComponent")
record HttpRequest(String method, String path, String query, boolean http10, List<Header> headers, byte[] body) {
    record Header(String name, String value) {}

    /** The first value of a header, or the empty string. */
    String header(String name) {
        for (var header : headers) {
            if (header.name().equals(name)) {
                return header.value();
            }
        }
        return "";
    }

    boolean keepAlive() {
        var connection = header("connection").toLowerCase(Locale.ROOT);
        return http10 ? connection.contains("keep-alive") : !connection.contains("close");
    }
}
