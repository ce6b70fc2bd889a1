package dev.sluice.gateway.tenant;

import dev.sluice.core.quota.Limits;
import dev.sluice.gateway.config.GatewayConfig;
import dev.sluice.gateway.config.PoolConfig;
import dev.sluice.gateway.config.TenantConfig;
import java.util.Map;
import java.util.TreeMap;

/** Limits of single models by what engines are asked for: all names of one model share them. */
final class QuotaNames {
    private QuotaNames() {}

    static Map<String, Limits> of(TenantConfig tenant, GatewayConfig gateway) {
        Map<String, Limits> limits = new TreeMap<>();
        tenant.quota().models().forEach((name, its) -> limits.put(engineName(name, gateway), Tenant.limits(its)));
        return limits;
    }

    private static String engineName(String name, GatewayConfig gateway) {
        for (PoolConfig pool : gateway.pools()) {
            if (pool.models().names().contains(name)) {
                return pool.models().names().getFirst();
            }
        }
        return name;
    }
}
