package dev.sluice.gateway;

import dev.sluice.gateway.config.EndpointConfig;
import dev.sluice.gateway.config.EndpointsFile;
import dev.sluice.gateway.config.PoolConfig;
import dev.sluice.gateway.kv.KvEndpoint;
import dev.sluice.spi.Endpoint;
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
     * @param kv where it publishes KV events; empty when it does not
     */
    record Listed(Endpoint endpoint, boolean secure, Optional<KvEndpoint> kv) {}

    /** The endpoints now; those of before when the file is bad, so that a broken file loses nothing. */
    static List<Listed> endpoints(PoolConfig pool, List<Listed> before) {
        if (pool.discovery().isEmpty()) {
            return listed(pool, pool.endpoints());
        }
        EndpointsFile.Read read = EndpointsFile.read(pool.discovery().get().file());
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
                .map(row -> new Listed(row.endpoint(), row.secure(otherwise), events(row, pool)))
                .toList();
    }

    /** As its row says, and where that says nothing, as its pool says. */
    private static Optional<KvEndpoint> events(EndpointConfig row, PoolConfig pool) {
        Endpoint endpoint = row.endpoint();
        if (row.kvEvents().isPresent()) {
            return row.kvEvents()
                    .map(at -> new KvEndpoint(
                            endpoint.id(), at.host(), at.port(), boxed(row.kvReplayPort()), row.kvRanks()));
        }
        String host = endpoint.address().substring(0, endpoint.address().lastIndexOf(':'));
        return pool.kvEvents()
                .map(ports -> new KvEndpoint(endpoint.id(), host, ports.port(), boxed(ports.replay()), ports.ranks()));
    }

    private static Optional<Integer> boxed(OptionalInt port) {
        return port.isPresent() ? Optional.of(port.getAsInt()) : Optional.empty();
    }
}
