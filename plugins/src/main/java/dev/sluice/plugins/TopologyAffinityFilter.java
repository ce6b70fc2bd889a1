package dev.sluice.plugins;

import dev.sluice.spi.Candidates;
import dev.sluice.spi.Endpoint;
import dev.sluice.spi.Filter;
import dev.sluice.spi.Request;
import java.util.Locale;
import java.util.Optional;

/**
 * llm-d's {@code topology-affinity-filter}: keeps endpoints that are near enough to the one that the profile before picked;
 * all of them where there is none, its place is not known, or nobody is near enough.
 */
final class TopologyAffinityFilter implements Filter {
    private final Topology farthest;

    TopologyAffinityFilter(TopologyConfig config) {
        farthest = Topology.valueOf(config.minAffinity().toUpperCase(Locale.ROOT));
    }

    @Override
    public void filter(Request request, Candidates candidates, boolean[] keep) {
        Optional<Endpoint> peer = candidates.peer().filter(Topology::placed);
        if (peer.isEmpty()) {
            return;
        }
        boolean[] near = new boolean[candidates.size()];
        boolean any = false;
        for (int i = 0; i < near.length; i++) {
            near[i] = Topology.between(peer.get(), candidates.endpoint(i)).compareTo(farthest) <= 0;
            any |= near[i];
        }
        for (int i = 0; any && i < near.length; i++) {
            keep[i] &= near[i];
        }
    }
}
