package dev.sluice.gateway;

import dev.sluice.core.discovery.Picture;
import dev.sluice.gateway.config.Discovery;
import dev.sluice.gateway.config.EndpointConfig;
import dev.sluice.gateway.config.EndpointsFile;
import dev.sluice.gateway.config.PoolConfig;
import dev.sluice.gateway.kv.KvEndpoint;
import dev.sluice.spi.Endpoint;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/** Where a pool's endpoints come from: its rows, or the file it names. */
final class PoolSource {
    private static final System.Logger LOG = System.getLogger("dev.sluice.endpoints");

    private PoolSource() {}

    /**
     * An endpoint, and how it is spoken to.
     *
     * @param secure by TLS
     * @param engine {@code host:port} where the engine itself is asked how it is
     * @param kv where it publishes KV events; empty when it does not
     */
    record Listed(Endpoint endpoint, boolean secure, String engine, Optional<KvEndpoint> kv) {}

    /** The endpoints now; those of before when the file is bad, so that a broken file loses nothing. */
    static List<Listed> endpoints(PoolConfig pool, List<Listed> before) {
        if (pool.discovery().isEmpty()) {
            return listed(pool, pool.endpoints());
        }
        Optional<Path> file = pool.discovery().get().file();
        if (file.isEmpty()) {
            return before; // until the search has news
        }
        EndpointsFile.Read read = EndpointsFile.read(file.get());
        if (!read.good()) {
            LOG.log(
                    System.Logger.Level.ERROR,
                    "pool {0} keeps its {1} endpoints: {2}",
                    pool.name(),
                    before.size(),
                    read.errors());
            return before;
        }
        return listed(pool, read.rows());
    }

    private static List<Listed> listed(PoolConfig pool, List<EndpointConfig> rows) {
        boolean otherwise = pool.tls().isPresent();
        return rows.stream()
                .map(row -> {
                    Endpoint endpoint = row.endpoint();
                    return new Listed(endpoint, row.secure(otherwise), endpoint.address(), events(row, pool));
                })
                .toList();
    }

    /** What was found for a pool. */
    static List<Listed> found(PoolConfig pool, List<Picture.Found> found) {
        boolean knative = pool.discovery().flatMap(Discovery::knative).isPresent(); // a queue-proxy speaks plain HTTP
        return found.stream()
                .map(f ->
                        new Listed(f.endpoint(), pool.tls().isPresent() && !knative, f.engine(), foundEvents(f, pool)))
                .toList();
    }

    /** As its command line says, and where that says nothing, as its pool says. */
    private static Optional<KvEndpoint> foundEvents(Picture.Found found, PoolConfig pool) {
        String id = found.endpoint().id();
        if (found.facts().kvEvents().isPresent()) {
            int port = found.facts().kvEvents().getAsInt();
            return Optional.of(new KvEndpoint(
                    id, host(found.endpoint()), port, boxed(found.facts().kvReplay()), 1));
        }
        return byPool(found.endpoint(), pool);
    }

    /** As its row says, and where that says nothing, as its pool says. */
    private static Optional<KvEndpoint> events(EndpointConfig row, PoolConfig pool) {
        Endpoint endpoint = row.endpoint();
        if (row.kvEvents().isPresent()) {
            return row.kvEvents()
                    .map(at -> new KvEndpoint(
                            endpoint.id(), at.host(), at.port(), boxed(row.kvReplayPort()), row.kvRanks()));
        }
        return byPool(endpoint, pool);
    }

    private static Optional<KvEndpoint> byPool(Endpoint endpoint, PoolConfig pool) {
        return pool.kvEvents()
                .map(ports -> new KvEndpoint(
                        endpoint.id(), host(endpoint), ports.port(), boxed(ports.replay()), ports.ranks()));
    }

    private static String host(Endpoint endpoint) {
        return endpoint.address().substring(0, endpoint.address().lastIndexOf(':'));
    }

    private static Optional<Integer> boxed(OptionalInt port) {
        return port.isPresent() ? Optional.of(port.getAsInt()) : Optional.empty();
    }
}
