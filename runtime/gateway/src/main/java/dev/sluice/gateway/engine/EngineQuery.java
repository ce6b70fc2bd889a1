package dev.sluice.gateway.engine;

import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;

/** One GET of a small text from an engine's host, off the hot path. */
public final class EngineQuery {
    private static final int MOST = 1 << 16;

    private EngineQuery() {}

    /**
     * Asks.
     *
     * @param base such as {@code http://10.0.0.7:8998}
     * @param path with its first slash
     * @param timeout for the call as a whole
     * @return what came with status 200; empty when nothing did
     */
    public static Optional<String> get(URI base, String path, Duration timeout) {
        EngineTarget target = new EngineTarget("query", base, Optional.empty(), Set.of());
        try (EngineConnection connection = new EngineConnection(target, timeout)) {
            return connection.get(path, (status, body) -> {
                byte[] bytes = body.readNBytes(MOST + 1);
                if (status != 200 || bytes.length > MOST) {
                    throw new IOException("status " + status);
                }
                return Optional.of(new String(bytes, StandardCharsets.UTF_8));
            });
        } catch (EngineCallException noAnswer) {
            return Optional.empty();
        }
    }
}
