package dev.sluice.plugins;

import dev.sluice.spi.Default;
import dev.sluice.spi.Doc;

/**
 * Parameters of {@code topology-affinity-scorer}.
 *
 * @param topologyProducerName taken for llm-d's sake: places are read from labels
 * @param peerTopologyHeader must be empty
 */
public record TopologyScorerConfig(
        @Doc("Has no effect: places are read from the endpoints' labels.") @Default("\"\"")
        String topologyProducerName,

        @Doc("Not supported.") @Default("\"\"") String peerTopologyHeader) {
    /**
     * Checks the header.
     *
     * @throws dev.sluice.spi.ConfigException when there is one
     */
    public TopologyScorerConfig {
        Topology.refuseHeader(peerTopologyHeader);
    }
}
