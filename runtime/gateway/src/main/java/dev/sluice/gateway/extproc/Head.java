package dev.sluice.gateway.extproc;

import com.google.protobuf.ByteString;
import dev.sluice.extproc.v3.HeaderMap;
import dev.sluice.extproc.v3.HeaderValue;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Consumer;

/** The head of a request or an answer, as the proxy tells it: names in lower case, {@code :path} and the like among them. */
public final class Head {
    private final HeaderMap map;

    Head(HeaderMap map) {
        this.map = map;
    }

    /** The first header of a lower-case name. */
    public Optional<String> header(String name) {
        for (int i = 0; i < map.getHeadersCount(); i++) {
            HeaderValue header = map.getHeaders(i);
            if (header.getKey().equals(name)) {
                return Optional.of(value(header));
            }
        }
        return Optional.empty();
    }

    /** All headers of a lower-case name, in their order. */
    public List<String> headers(String name) {
        List<String> values = new ArrayList<>(1);
        for (int i = 0; i < map.getHeadersCount(); i++) {
            HeaderValue header = map.getHeaders(i);
            if (header.getKey().equals(name)) {
                values.add(value(header));
            }
        }
        return values;
    }

    private static String value(HeaderValue header) {
        ByteString raw = header.getRawValue();
        return raw.isEmpty() ? header.getValue() : raw.toStringUtf8();
    }

    /** The path, without a query. */
    public String path() {
        String path = header(":path").orElse("");
        int query = path.indexOf('?');
        return query < 0 ? path : path.substring(0, query);
    }

    /** The status of an answer; 0 when it has none. */
    public int status() {
        try {
            return header(":status").map(Integer::parseInt).orElse(0);
        } catch (NumberFormatException none) {
            return 0;
        }
    }

    /** What {@code content-length} says, where it says anything. */
    public OptionalLong contentLength() {
        try {
            Optional<String> length = header("content-length");
            return length.isPresent() ? OptionalLong.of(Long.parseLong(length.get())) : OptionalLong.empty();
        } catch (NumberFormatException none) {
            return OptionalLong.empty();
        }
    }

    /** Names each header, one that comes several times as often. */
    public void names(Consumer<String> each) {
        for (int i = 0; i < map.getHeadersCount(); i++) {
            each.accept(map.getHeaders(i).getKey());
        }
    }
}
