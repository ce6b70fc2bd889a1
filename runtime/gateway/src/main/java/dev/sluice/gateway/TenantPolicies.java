package dev.sluice.gateway;

import dev.sluice.gateway.config.Catalog;
import dev.sluice.gateway.config.ConnectorConfig;
import dev.sluice.gateway.config.GatewayConfig;
import dev.sluice.gateway.config.PluginsConfig;
import dev.sluice.gateway.config.RoutingConfig;
import dev.sluice.gateway.config.TenantConfig;
import dev.sluice.gateway.metrics.Meters;
import dev.sluice.gateway.plugin.PluginGuard;
import dev.sluice.gateway.plugin.PluginWorkers;
import dev.sluice.gateway.tenant.Tenant;
import dev.sluice.gateway.tenant.Tenants;
import dev.sluice.spi.ConfigException;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * Policies that tenants use in the place of a pool's own: one pipeline for each pool and policy, whoever uses it. They are made
 * when a tenant first asks for them, and closed with the configuration that they belong to.
 */
final class TenantPolicies {
    private static final System.Logger LOG = System.getLogger(TenantPolicies.class.getName());

    private final GatewayConfig config;
    private final Catalog catalog;
    private final PluginGuard guard;
    private final Map<String, Pipeline> made = new HashMap<>();
    private final Set<String> failed = new HashSet<>();

    TenantPolicies(GatewayConfig config, Catalog catalog, Meters meters, PluginWorkers workers) {
        this.config = config;
        this.catalog = catalog;
        this.guard = new PluginGuard(
                config.plugins().map(PluginsConfig::budget).orElse(PluginsConfig.BUDGET), meters, workers);
    }

    static String key(String pool, String routing) {
        return pool + '\0' + routing;
    }

    /** All that these tenants use. One that can't be made is left out, and told once. */
    Map<String, Pipeline> of(Tenants tenants) {
        for (Tenant tenant : tenants.all()) {
            for (TenantConfig.Route route :
                    tenant.config().map(TenantConfig::routes).orElse(List.of())) {
                route.routing().ifPresent(routing -> pools(route).forEach(pool -> make(pool, routing)));
            }
        }
        return Map.copyOf(made);
    }

    private Set<String> pools(TenantConfig.Route route) {
        Set<String> pools = new TreeSet<>();
        route.pool().ifPresent(pools::add);
        route.targets().forEach(target -> pools.add(target.pool()));
        if (pools.isEmpty()) {
            config.pools().forEach(pool -> pools.add(pool.name()));
        }
        return pools;
    }

    private void make(String pool, String routing) {
        String key = key(pool, routing);
        RoutingConfig policy = config.routing().get(routing);
        if (policy == null || made.containsKey(key) || failed.contains(key)) {
            return;
        }
        try {
            made.put(key, PolicyBuilder.build(routing, policy, ConnectorConfig.NONE, catalog, guard));
        } catch (ConfigException wrong) {
            failed.add(key);
            LOG.log(
                    System.Logger.Level.ERROR,
                    "policy {0} can''t be made, who is routed by it gets 503: {1}",
                    routing,
                    wrong.getMessage());
        }
    }

    /** All that were made. */
    List<Pipeline> all() {
        return List.copyOf(made.values());
    }

    /** One of them, if it was made. */
    static Optional<Pipeline> find(Map<String, Pipeline> made, String pool, String routing) {
        return Optional.ofNullable(made.get(key(pool, routing)));
    }
}
