package dev.sluice.core.scan;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/** Reads bodies. Immutable; one serves all threads. */
public final class BodyScanner {
    private final Map<Api, Keys> keys = new EnumMap<>(Api.class);
    private final int paths;

    /** A scanner that reads no session. */
    public BodyScanner() {
        this(List.of());
    }

    /**
     * A scanner that also reads sessions.
     *
     * @param sessionPaths where a body may name its session, such as {@code metadata.session_id} or {@code user}: names of
     *     keys, outer first, joined by dots; at most 8. Strings and numbers count, up to 4,096 bytes
     * @throws IllegalArgumentException on an empty name or more than 8 paths
     */
    public BodyScanner(List<String> sessionPaths) {
        List<List<String>> split = sessionPaths.stream()
                .map(path -> Arrays.asList(path.split("\\.", -1)))
                .toList();
        if (split.size() > 8 || split.stream().anyMatch(names -> names.contains(""))) {
            throw new IllegalArgumentException("at most 8 session paths, none with an empty name");
        }
        this.paths = split.size();
        for (Api api : Api.values()) {
            keys.put(api, Tables.of(api, split));
        }
    }

    /**
     * Reads a body.
     *
     * @param api whose body it is
     * @param body from its position to its limit, heap or direct; neither is moved. What is returned refers to these bytes,
     *     so they must stay as they are while it is used. All offsets count from the position.
     * @throws BadBodyException when it is not strictly valid JSON, nests deeper than 64, has more than 4,096 top-level keys,
     *     names a key twice that matters here, or a field that matters here has another type or is a string of more than
     *     4,096 bytes
     */
    public BodyScan scan(Api api, ByteBuffer body) throws BadBodyException {
        ByteBuffer bytes = body.position() == 0 ? body : body.slice();
        Pass pass = new Pass(bytes, paths);
        Keys known = keys.get(api);
        if (known == null) {
            throw new IllegalStateException(api.path());
        }
        pass.run(known);
        return new BodyScan(api, pass);
    }
}
