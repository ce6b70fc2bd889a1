package dev.sluice.gateway;

import dev.sluice.gateway.http.UpstreamPool;
import java.time.Duration;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;

/**
 * The connection pools of one pool's endpoints. One that is no longer listed, or is to be reached in another way, is
 * closed; its legs run to their end.
 */
final class Upstreams implements AutoCloseable {
    private final Function<Way, UpstreamPool> opener;
    private volatile Map<String, Entry> byId = Map.of();

    private record Entry(Way way, UpstreamPool pool) {}

    /**
     * How an endpoint is reached.
     *
     * @param address {@code host:port}
     * @param connect longest time to open a connection
     * @param tls what its certificate is judged by; empty for plaintext
     */
    record Way(String address, Duration connect, Optional<SSLContext> tls) {}

    /** No endpoints yet. */
    Upstreams(Function<Way, UpstreamPool> opener) {
        this.opener = opener;
    }

    synchronized void endpoints(Map<String, Way> ways) {
        Map<String, Entry> old = byId;
        Map<String, Entry> next = new LinkedHashMap<>();
        ways.forEach((id, way) -> {
            @Nullable Entry same = old.get(id);
            next.put(id, same != null && same.way().equals(way) ? same : new Entry(way, opener.apply(way)));
        });
        byId = Collections.unmodifiableMap(next);
        old.forEach((id, entry) -> {
            if (!entry.equals(next.get(id))) {
                entry.pool().close();
            }
        });
    }

    Optional<UpstreamPool> of(String id) {
        return Optional.ofNullable(byId.get(id)).map(Entry::pool);
    }

    @Override
    public synchronized void close() {
        byId.values().forEach(entry -> entry.pool().close());
        byId = Map.of();
    }
}
