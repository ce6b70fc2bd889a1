package dev.sluice.gateway;

import dev.sluice.gateway.http.UpstreamPool;
import dev.sluice.spi.Endpoint;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** The connection pools of one pool's endpoints. One that is no longer listed is closed; its legs run to their end. */
final class Upstreams implements AutoCloseable {
    private final Function<String, UpstreamPool> opener;
    private volatile Map<String, Entry> byId = Map.of();

    private record Entry(String address, UpstreamPool pool) {}

    /**
     * No endpoints yet.
     *
     * @param opener makes the connection pool of an address {@code host:port}
     */
    Upstreams(Function<String, UpstreamPool> opener) {
        this.opener = opener;
    }

    synchronized void endpoints(List<Endpoint> endpoints) {
        Map<String, Entry> old = byId;
        Map<String, Entry> next = new LinkedHashMap<>();
        for (Endpoint e : endpoints) {
            @Nullable Entry same = old.get(e.id());
            next.put(
                    e.id(),
                    same != null && same.address().equals(e.address())
                            ? same
                            : new Entry(e.address(), opener.apply(e.address())));
        }
        byId = Map.copyOf(next);
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
