package dev.sluice.gateway;

import dev.sluice.core.EndpointReport;
import dev.sluice.core.EndpointStatus;
import dev.sluice.core.Links;
import dev.sluice.gateway.engine.EngineQuery;
import dev.sluice.spi.Connector;
import dev.sluice.spi.Endpoint;
import dev.sluice.spi.Role;
import java.net.URI;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/**
 * What must have happened between engines before requests are split over them: prefill engines have said what a connector asks of
 * them, and pairs have shaken hands. Done off the hot path, on threads of its own, a few at a time.
 */
final class Preparations {
    private static final int AT_A_TIME = 4;
    private static final long AGAIN_NS = 1_000_000_000L;
    private static final Duration QUERY = Duration.ofSeconds(5);

    private final Map<String, Long> asked = new ConcurrentHashMap<>();

    /** To be called now and then. */
    void tick(RoutingTable.PoolEntry entry) {
        Optional<Handovers> how = entry.pool().handovers();
        if (how.isEmpty()) {
            return;
        }
        how.get().leases.expire();
        for (EndpointReport report : entry.pool().report()) {
            Endpoint endpoint = report.endpoint();
            boolean serving = report.status() == EndpointStatus.READY || report.status() == EndpointStatus.SLOW_START;
            boolean prefills = endpoint.role() == Role.PREFILL || endpoint.role() == Role.BOTH;
            if (serving && prefills && how.get().unasked(endpoint)) {
                ask(entry, how.get(), endpoint);
            }
        }
        if (how.get().traits().handshake()) {
            for (Links.Ends ends : entry.pool().linksToWarm(AT_A_TIME)) {
                Thread.ofVirtual().name("warm-up").start(new PairWarmUp(entry, how.get(), ends)::run);
            }
        }
    }

    private void ask(RoutingTable.PoolEntry entry, Handovers how, Endpoint endpoint) {
        String key = entry.pool().name() + "/" + endpoint.id();
        long now = System.nanoTime();
        Long before = asked.get(key);
        Optional<Connector.Query> query = how.connector().query(endpoint);
        if (query.isEmpty() || (before != null && now - before < AGAIN_NS)) {
            return;
        }
        asked.put(key, now);
        String host = endpoint.address().substring(0, endpoint.address().lastIndexOf(':'));
        URI base = URI.create("http://" + host + ":" + query.get().port());
        Thread.ofVirtual()
                .name("kv-query")
                .start(() -> EngineQuery.get(base, query.get().path(), QUERY)
                        .ifPresent(json -> how.learned(endpoint.id(), json)));
    }
}
