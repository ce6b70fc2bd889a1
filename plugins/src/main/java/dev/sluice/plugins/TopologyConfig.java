package dev.sluice.plugins;

import dev.sluice.spi.Default;
import dev.sluice.spi.Doc;
import dev.sluice.spi.OneOf;

/**
 * Parameters of {@code topology-affinity-filter}.
 *
 * @param minAffinity what an endpoint must at least share with the peer
 * @param topologyProducerName taken for llm-d's sake: places are read from labels
 * @param peerTopologyHeader must be empty
 */
public record TopologyConfig(
        @Doc("What an endpoint must at least share with the one that the profile before picked.")
        @Default("host")
        @OneOf({"host", "rack", "zone", "region"})
        String minAffinity,

        @Doc("Has no effect: places are read from the endpoints' labels.") @Default("\"\"")
        String topologyProducerName,

        @Doc("Not supported.") @Default("\"\"") String peerTopologyHeader) {
    /**
     * Checks the header.
     *
     * @throws dev.sluice.spi.ConfigException when there is one
     */
    public TopologyConfig {
        Topology.refuseHeader(peerTopologyHeader);
    }
}
