package dev.sluice.gateway;

import com.fasterxml.jackson.core.io.JsonStringEncoder;

/** JSON text where a tree would be too much. */
final class Json {
    private Json() {}

    static String quote(String text) {
        return '"' + new String(JsonStringEncoder.getInstance().quoteAsString(text)) + '"';
    }
}
