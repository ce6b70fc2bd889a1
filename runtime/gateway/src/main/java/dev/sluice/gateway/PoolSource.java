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

    /** The endpoints now; those of before when the file is bad, so that a broken file loses nothing. */
    static List<Endpoint> endpoints(PoolConfig pool, List<Endpoint> before) {
        if (pool.discovery().isEmpty()) {
            return pool.endpoints().stream().map(EndpointConfig::endpoint).toList();
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
        return read.endpoints();
    }
}
