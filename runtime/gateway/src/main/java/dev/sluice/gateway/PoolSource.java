package dev.sluice.gateway;

import dev.sluice.gateway.config.EndpointConfig;
import dev.sluice.gateway.config.EndpointsFile;
import dev.sluice.gateway.config.PoolConfig;
import dev.sluice.spi.Endpoint;
import java.util.List;

/** Where a pool's endpoints come from: its rows, or the file it names. */
final class PoolSource {
    private static final System.Logger LOG = System.getLogger("dev.sluice.endpoints");

    private PoolSource() {}

    /**
     * An endpoint, and how it is spoken to.
     *
     * @param secure by TLS
     */
    record Listed(Endpoint endpoint, boolean secure) {}

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
                .map(row -> new Listed(row.endpoint(), row.secure(otherwise)))
                .toList();
    }
}
