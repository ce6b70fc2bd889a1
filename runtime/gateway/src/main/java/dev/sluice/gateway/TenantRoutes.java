package dev.sluice.gateway;

import dev.sluice.core.index.Xxh64;
import dev.sluice.gateway.config.TenantConfig;
import dev.sluice.gateway.stream.GatewayError;
import dev.sluice.gateway.tenant.Tenant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * Where a tenant's requests lead. What its rules say of labels and models is never relaxed: without an endpoint that fits there is
 * none. A model that it may not use does not exist for it.
 */
final class TenantRoutes {
    private final LiveState.Settings settings;
    private final Tenant tenant;
    private final long chance;

    /** @param chance decides between targets; the same for the same session */
    TenantRoutes(LiveState.Settings settings, Tenant tenant, long chance) {
        this.settings = settings;
        this.tenant = tenant;
        this.chance = chance;
    }

    /** A number that is the same for all requests of a session, and any for those without. */
    static long chance(Optional<String> session, long random) {
        return session.map(s -> Xxh64.hash(s, 0)).orElse(random);
    }

    /**
     * A way to serve a request.
     *
     * @param model that is asked for, by a name that clients use
     */
    record Way(String model, RoutingTable.Target target) {
        private boolean hasRoom(int priority) {
            return target.entry().pool().hasRoom(priority);
        }
    }

    /** Ways to serve a model, the first one first; never empty. Those behind it are for when it has no capacity. */
    List<Way> ways(String model) throws Refused {
        Optional<TenantConfig.Route> route = tenant.route(model);
        if (route.isEmpty()) {
            if (!tenant.everyModel()) {
                throw unknown(model);
            }
            return List.of(new Way(model, table(model)));
        }
        List<String> fallback = route.get().fallback();
        if (fallback.isEmpty()) {
            return List.of(new Way(model, target(model, route.get())));
        }
        List<Way> ways = new ArrayList<>();
        Refused first = null;
        try {
            ways.add(new Way(model, target(model, route.get())));
        } catch (Refused no) {
            first = no;
        }
        for (String other : fallback) {
            try {
                Optional<TenantConfig.Route> its = tenant.route(other);
                ways.add(new Way(other, its.isPresent() ? target(other, its.get()) : table(other)));
            } catch (Refused no) {
                first = first == null ? no : first;
            }
        }
        if (ways.isEmpty() && first != null) {
            throw first;
        }
        return withRoomFirst(ways);
    }

    /** The first that has room goes first, and the others after it in order; the first of all when none has. */
    private List<Way> withRoomFirst(List<Way> ways) {
        for (int i = 0; i < ways.size(); i++) {
            if (ways.get(i).hasRoom(tenant.priority())) {
                return ways.subList(i, ways.size());
            }
        }
        return ways;
    }

    private RoutingTable.Target table(String model) throws Refused {
        return settings.table().target(model).orElseThrow(() -> unknown(model)).salted(tenant.salt());
    }

    private RoutingTable.Target target(String model, TenantConfig.Route route) throws Refused {
        Optional<String> pool = pool(route);
        RoutingTable.Target target = pool.isEmpty()
                ? table(model)
                : settings.table()
                        .in(pool.get(), model)
                        .orElseThrow(() -> settings.table().pool(pool.get()).isPresent()
                                ? unknown(model)
                                : gone("the pool of this route is not there"))
                        .salted(tenant.salt());
        return policy(labels(target, route), route);
    }

    /** By weight, where there are several. */
    private Optional<String> pool(TenantConfig.Route route) {
        List<TenantConfig.Target> targets = route.targets();
        if (targets.isEmpty()) {
            return route.pool();
        }
        long all = 0;
        for (TenantConfig.Target target : targets) {
            all += target.weight();
        }
        // Not the session's own hash: what else is chosen by it must not go along with the target.
        long point = Math.floorMod(Xxh64.hash(chance, 0x7461726765747321L), all);
        for (TenantConfig.Target target : targets) {
            point -= target.weight();
            if (point < 0) {
                return Optional.of(target.pool());
            }
        }
        throw new IllegalStateException("weights that do not add up");
    }

    private static RoutingTable.Target labels(RoutingTable.Target target, TenantConfig.Route route) throws Refused {
        if (route.labels().isEmpty()) {
            return target;
        }
        Set<String> allowed = new TreeSet<>(target.entry().pool().labelled(route.labels()));
        if (!target.allowed().isEmpty()) {
            allowed.retainAll(target.allowed());
        }
        if (allowed.isEmpty()) {
            throw gone("no engine of this model is among those of this route");
        }
        return target.among(allowed);
    }

    private RoutingTable.Target policy(RoutingTable.Target target, TenantConfig.Route route) throws Refused {
        if (route.routing().isEmpty()) {
            return target;
        }
        return target.by(TenantPolicies.find(
                        settings.policies(),
                        target.entry().pool().name(),
                        route.routing().get())
                .orElseThrow(() -> gone("the routing policy of this route is not there")));
    }

    private static Refused unknown(String model) {
        return new Refused(GatewayError.MODEL_NOT_FOUND, "The model `" + model + "` does not exist.");
    }

    private static Refused gone(String message) {
        return new Refused(GatewayError.NO_ENDPOINT, message, "tenant_route", 5);
    }

    /** Names that the tenant may use now. */
    static Set<String> models(LiveState.Settings settings, Tenant tenant) {
        return tenant.everyModel() ? settings.table().models() : new TreeSet<>(tenant.models());
    }
}
