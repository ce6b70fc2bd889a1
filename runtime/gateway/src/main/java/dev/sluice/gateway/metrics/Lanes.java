package dev.sluice.gateway.metrics;

import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Finds the lane of a request by three look-ups of words whose hashes are known. Past {@link #MOST} tenants of a pool the
 * rest share the tenant {@code other}.
 */
final class Lanes {
    static final int MOST = 1000;

    private final MeterRegistry registry;
    private final ConcurrentHashMap<String, ConcurrentHashMap<String, ConcurrentHashMap<String, Lane>>> pools =
            new ConcurrentHashMap<>();
    private final Departures departedTenants = new Departures();
    private final Departures departedPools = new Departures();

    Lanes(MeterRegistry registry) {
        this.registry = registry;
    }

    Lane get(String pool, String tenant, String route) {
        var tenants = pools.get(pool);
        var routes = tenants == null ? null : tenants.get(tenant);
        Lane lane = routes == null ? null : routes.get(route);
        return lane == null ? add(pool, tenant, route) : lane;
    }

    private Lane add(String pool, String tenant, String route) {
        var tenants = pools.computeIfAbsent(pool, p -> new ConcurrentHashMap<>());
        boolean full = tenants.size() >= MOST && !tenants.containsKey(tenant);
        String name = full ? FewCounters.OTHER : tenant;
        var routes = tenants.computeIfAbsent(name, t -> new ConcurrentHashMap<>());
        return routes.computeIfAbsent(route, r -> new Lane(registry, pool, name, r));
    }

    /**
     * Ends the series of who left long ago.
     *
     * @param livingTenants empty: nobody has said who lives, so all do
     */
    synchronized void expire(Set<String> livingPools, Set<String> livingTenants, long now) {
        pools.forEach((pool, tenants) -> {
            boolean poolLives = pool.isEmpty() || livingPools.contains(pool);
            if (departedPools.over(pool, poolLives, now)) {
                pools.remove(pool);
                tenants.values().forEach(routes -> routes.values().forEach(lane -> remove(lane.ofPool())));
                return;
            }
            tenants.forEach((tenant, routes) -> {
                boolean lives = livingTenants.isEmpty()
                        || livingTenants.contains(tenant)
                        || tenant.isEmpty()
                        || tenant.equals(FewCounters.OTHER);
                if (departedTenants.over(pool + '\0' + tenant, lives, now)) {
                    tenants.remove(tenant);
                    routes.values().forEach(lane -> remove(lane.ofTenant()));
                }
            });
        });
    }

    private void remove(List<Meter> meters) {
        meters.forEach(registry::remove);
    }
}
