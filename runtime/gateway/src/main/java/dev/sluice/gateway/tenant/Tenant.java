package dev.sluice.gateway.tenant;

import dev.sluice.core.RoutingRequest.Objectives;
import dev.sluice.core.quota.Limits;
import dev.sluice.gateway.config.TenantConfig;
import dev.sluice.gateway.config.TenantConfig.Permission;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** A tenant as requests see it. Immutable, but for what its quota counts. */
public final class Tenant {
    /** Who calls without a key. */
    public static final String ANONYMOUS = "anonymous";

    /** Everybody, where there are no tenants: nothing is limited, salted or separated. */
    public static final Tenant EVERYBODY = new Tenant(ANONYMOUS, Optional.empty(), "", new TenantQuota(), Set.of());

    private final String name;
    private final Optional<TenantConfig> config;
    private final String salt;
    private final TenantQuota quota;
    private final Set<String> quotaModels;
    private final boolean limited;
    private final Map<String, TenantConfig.Route> routes;
    private final Objectives objectives;

    private Tenant(
            String name, Optional<TenantConfig> config, String salt, TenantQuota quota, Set<String> quotaModels) {
        this.name = name;
        this.config = config;
        this.salt = salt;
        this.quota = quota;
        this.quotaModels = quotaModels;
        this.limited = config.map(
                        c -> !limits(c.quota()).none() || !c.quota().models().isEmpty())
                .orElse(false);
        this.routes = routes(config.map(TenantConfig::routes).orElse(List.of()));
        this.objectives = config.map(TenantConfig::objectives)
                .map(o -> new Objectives(millis(o.ttft()), millis(o.tpot())))
                .orElse(Objectives.NONE);
    }

    /** Those who call without a key, beside tenants who have one. */
    static Tenant anonymous(CacheSalt salts) {
        return new Tenant(ANONYMOUS, Optional.empty(), salts.of("tenant", ANONYMOUS, 0), new TenantQuota(), Set.of());
    }

    static Tenant of(TenantConfig config, CacheSalt salts, TenantQuota quota, Set<String> quotaModels) {
        TenantConfig.Cache cache = config.cache();
        String salt = cache.group()
                .map(group -> salts.of("group", group, cache.epoch()))
                .orElseGet(() -> salts.of("tenant", config.tenant(), cache.epoch()));
        return new Tenant(config.tenant(), Optional.of(config), salt, quota, quotaModels);
    }

    private static Map<String, TenantConfig.Route> routes(List<TenantConfig.Route> list) {
        Map<String, TenantConfig.Route> routes = new HashMap<>();
        list.forEach(route -> route.models().forEach(model -> routes.putIfAbsent(model, route)));
        return routes;
    }

    private static double millis(Optional<Duration> time) {
        return time.map(t -> t.toNanos() / 1e6).orElse(Double.NaN);
    }

    static Limits limits(TenantConfig.Quota quota) {
        return new Limits(quota.requestsPerMinute(), quota.tokensPerMinute(), quota.concurrent());
    }

    static Limits limits(TenantConfig.ModelQuota quota) {
        return new Limits(quota.requestsPerMinute(), quota.tokensPerMinute(), quota.concurrent());
    }

    /** Its name. */
    public String name() {
        return name;
    }

    /** Its file; empty for those without a key. */
    public Optional<TenantConfig> config() {
        return config;
    }

    /** True when it may use every model. */
    public boolean everyModel() {
        return routes.isEmpty();
    }

    /** Names that it may use; empty when {@link #everyModel}. */
    public Set<String> models() {
        return Set.copyOf(routes.keySet());
    }

    /** Its rule for a model; empty when it has none. */
    public Optional<TenantConfig.Route> route(String model) {
        return Optional.ofNullable(routes.get(model));
    }

    /** Salt of its prompts in engines' caches; empty for none. */
    public String salt() {
        return salt;
    }

    /** What it has used. */
    public TenantQuota quota() {
        return quota;
    }

    /** Whether anything is limited. */
    public boolean limited() {
        return limited;
    }

    /** Whether its clients may say this themselves. Where there are no tenants everybody may, but for priority. */
    public boolean may(Permission permission) {
        if (config.isEmpty()) {
            return salt.isEmpty() && permission != Permission.PRIORITY;
        }
        return config.get().may().contains(permission);
    }

    /** By which name a model's own limits count: what engines are asked for, else what the client asked for. */
    public String quotaName(String engineModel, String model) {
        return config.isPresent() && quotaModels.contains(engineModel) ? engineModel : model;
    }

    /** Its place among those who wait: the highest first. */
    public int priority() {
        return config.isEmpty() ? 0 : config.get().priority();
    }

    /** Its share among those of the same priority that wait. */
    public double weight() {
        return config.isEmpty() ? 1 : config.get().weight();
    }

    /** What its requests should be served within. */
    public Objectives objectives() {
        return objectives;
    }

    /** A name of one of its own things, such as a session, so that nobody else's is taken for it. */
    public String own(String key) {
        return salt.isEmpty() ? key : name + '\0' + key;
    }
}
