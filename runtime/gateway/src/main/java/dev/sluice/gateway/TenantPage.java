package dev.sluice.gateway;

import dev.sluice.core.quota.Standing;
import dev.sluice.gateway.admin.TenantStatus;
import dev.sluice.gateway.config.GatewayConfig;
import dev.sluice.gateway.config.PoolConfig;
import dev.sluice.gateway.config.TenantConfig;
import dev.sluice.gateway.config.TenantFile;
import dev.sluice.gateway.tenant.Standings;
import dev.sluice.gateway.tenant.Tenant;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What {@code /tenants} says: who there is, what is in force of each, and where each value comes from. Nothing secret. */
final class TenantPage {
    private final LiveState.Settings settings;
    private final GatewayConfig config;
    private final List<Standings> files;

    TenantPage(LiveState.Settings settings, GatewayConfig config, List<Standings> files) {
        this.settings = settings;
        this.config = config;
        this.files = files;
    }

    List<TenantStatus> rows() {
        List<TenantStatus> rows = new ArrayList<>();
        if (settings.tenants().open()) {
            rows.add(new TenantStatus(
                    Tenant.ANONYMOUS, List.copyOf(settings.table().models()), "open to everybody"));
        } else if (settings.tenants().anonymous()) {
            rows.add(new TenantStatus(
                    Tenant.ANONYMOUS, List.copyOf(settings.table().models()), "whoever brings no key"));
        }
        files.forEach(file -> rows.add(row(file)));
        return rows;
    }

    private TenantStatus row(Standings standings) {
        Optional<Tenant> tenant = tenant(standings);
        List<TenantConfig.Key> keys = tenant.flatMap(Tenant::config)
                .map(TenantConfig::keys)
                .orElse(standings.file().keys());
        return new TenantStatus(
                standings.tenant(),
                tenant.map(t -> List.copyOf(TenantRoutes.models(settings, t))).orElse(List.of()),
                standings.state(),
                standings.file().path().toString(),
                keys.stream()
                        .map(key -> new TenantStatus.Key(
                                key.id(), key.expires().map(Instant::toString).orElse("")))
                        .toList(),
                tenant.map(t -> t.quota().inFlight()).orElse(0),
                standings.errors());
    }

    private Optional<Tenant> tenant(Standings standings) {
        return standings.good().flatMap(good -> settings.tenants().tenant(standings.tenant()));
    }

    /** All of one tenant: each value beside where it comes from. */
    Optional<Map<String, Object>> one(String name) {
        return files.stream()
                .filter(file -> file.tenant().equals(name))
                .findFirst()
                .map(this::all);
    }

    private Map<String, Object> all(Standings standings) {
        Map<String, Object> all = new LinkedHashMap<>();
        all.put("tenant", standings.tenant());
        all.put("state", standings.state());
        all.put("file", standings.file().path().toString());
        all.put("errors", standings.errors());
        all.put("keys", row(standings).keys());
        Optional<Tenant> tenant = tenant(standings);
        if (tenant.isPresent() && standings.good().isPresent()) {
            all.put("effective", new Effective(standings.good().get(), tenant.get()).values());
            all.put("quota", quota(tenant.get()));
        }
        return all;
    }

    private static Map<String, Object> quota(Tenant tenant) {
        Standing standing = tenant.quota().standing();
        Map<String, Object> quota = new LinkedHashMap<>();
        quota.put("requests", standing.requests());
        quota.put("tokens", standing.tokens());
        quota.put("inFlight", tenant.quota().inFlight());
        quota.put("settledTokens", tenant.quota().settledTokens());
        return quota;
    }

    /** A value and where it comes from. */
    record Value(Object value, String from) {}

    private final class Effective {
        private final TenantFile file;
        private final TenantConfig tenant;
        private final Map<String, Object> values = new LinkedHashMap<>();

        Effective(TenantFile file, Tenant tenant) {
            this.file = file;
            this.tenant = tenant.config().orElseThrow();
        }

        Map<String, Object> values() {
            put("priority", tenant.priority());
            put("weight", tenant.weight());
            put("quota.requestsPerMinute", tenant.quota().requestsPerMinute());
            put("quota.tokensPerMinute", tenant.quota().tokensPerMinute());
            put("quota.concurrent", tenant.quota().concurrent());
            tenant.quota().models().forEach((model, limits) -> put("quota.models." + model, limits));
            put(
                    "objectives.ttft",
                    tenant.objectives().ttft().map(Object::toString).orElse("none"));
            put(
                    "objectives.tpot",
                    tenant.objectives().tpot().map(Object::toString).orElse("none"));
            put("may", tenant.may());
            put("cache.group", tenant.cache().group().orElse("nobody else"));
            put("cache.epoch", tenant.cache().epoch());
            for (int i = 0; i < tenant.routes().size(); i++) {
                route("routes[" + i + "]", tenant.routes().get(i));
            }
            if (tenant.routes().isEmpty()) {
                values.put("routes", new Value("every model, where the pools lead", "default"));
            }
            return values;
        }

        private void route(String at, TenantConfig.Route route) {
            put(at + ".models", route.models());
            List<TenantConfig.Target> targets = route.targets().isEmpty()
                    ? route.pool().map(pool -> new TenantConfig.Target(pool, 1)).stream()
                            .toList()
                    : route.targets();
            if (targets.isEmpty()) {
                values.put(at + ".pool", new Value("where the pools lead", "default"));
            } else {
                put(at + (route.pool().isPresent() ? ".pool" : ".targets"), targets);
            }
            put(at + ".fallback", route.fallback());
            put(at + ".labels", route.labels());
            if (route.routing().isPresent()) {
                put(at + ".routing", route.routing().get());
            } else {
                targets.forEach(target -> pool(target.pool())
                        .ifPresent(pool -> values.put(
                                at + ".routing@" + pool.name(),
                                new Value(
                                        pool.routing().orElse("the default policy"),
                                        pool.routing().isPresent() ? "pool " + pool.name() : "default"))));
            }
        }

        private Optional<PoolConfig> pool(String name) {
            return config.pools().stream()
                    .filter(pool -> pool.name().equals(name))
                    .findFirst();
        }

        private void put(String at, Object value) {
            values.put(at, new Value(value, file.written(at).orElse("default")));
        }
    }
}
