package dev.sluice.plugins;

import dev.sluice.spi.ConfigException;
import dev.sluice.spi.Endpoint;
import java.util.List;

/** How near to each other two endpoints stand, by Kubernetes' topology labels. */
enum Topology {
    /** On the same host. */
    HOST("kubernetes.io/hostname", 1),
    /** In the same rack. */
    RACK("topology.kubernetes.io/rack", 0.20),
    /** In the same zone. */
    ZONE("topology.kubernetes.io/zone", 0.05),
    /** In the same region. */
    REGION("topology.kubernetes.io/region", 0.02),
    /** Nothing in common that is known. */
    NONE("", 0);

    private static final List<Topology> NEAREST_FIRST = List.of(values());

    private final String label;
    /** What llm-d's scorer gives for it. */
    final double score;

    Topology(String label, double score) {
        this.label = label;
        this.score = score;
    }

    /** The nearest level that both share. */
    static Topology between(Endpoint one, Endpoint other) {
        for (Topology level : NEAREST_FIRST) {
            String there = one.labels().getOrDefault(level.label, "");
            if (level == NONE
                    || (!there.isEmpty() && there.equals(other.labels().get(level.label)))) {
                return level;
            }
        }
        return NONE;
    }

    /** True when an endpoint has any of the labels. */
    static boolean placed(Endpoint endpoint) {
        return NEAREST_FIRST.stream()
                .anyMatch(level ->
                        !endpoint.labels().getOrDefault(level.label, "").isEmpty());
    }

    /**
     * Refuses what llm-d's coordinator would pass from one picker to another.
     *
     * @throws ConfigException when it is asked for
     */
    static void refuseHeader(String peerTopologyHeader) {
        if (!peerTopologyHeader.isEmpty()) {
            throw new ConfigException("peerTopologyHeader is not supported: a client could choose where it is served; "
                    + "the peer is what the profile before picked");
        }
    }
}
