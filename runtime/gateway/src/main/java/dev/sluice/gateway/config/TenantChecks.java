package dev.sluice.gateway.config;

import java.time.Instant;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/** What no single value of a tenant file shows: rules that can never apply, and names that lead nowhere. */
final class TenantChecks {
    private final TenantConfig tenant;
    private final GatewayConfig gateway;
    private final Reading top;
    private final Map<String, String> routeOfModel = new HashMap<>();

    TenantChecks(TenantConfig tenant, GatewayConfig gateway, Reading top) {
        this.tenant = tenant;
        this.gateway = gateway;
        this.top = top;
    }

    void run() {
        keys();
        match();
        for (int i = 0; i < tenant.routes().size(); i++) {
            models(tenant.routes().get(i), top.key("routes").item(i));
        }
        for (int i = 0; i < tenant.routes().size(); i++) {
            route(tenant.routes().get(i), top.key("routes").item(i));
        }
        tenant.quota().models().keySet().stream()
                .filter(name -> !known(name))
                .forEach(name ->
                        error(top.key("quota").key("models").key(name), "no model \"" + name + "\"" + hint(name)));
    }

    private void keys() {
        Set<String> ids = new HashSet<>();
        Set<String> hashes = new HashSet<>();
        for (int i = 0; i < tenant.keys().size(); i++) {
            TenantConfig.Key key = tenant.keys().get(i);
            Reading at = top.key("keys").item(i);
            if (!ids.add(key.id())) {
                error(at.key("id"), "there is another key \"" + key.id() + "\" in this file");
            }
            if (!hashes.add(key.sha256().hex())) {
                error(at.key("sha256"), "this key stands twice in this file");
            }
            if (key.expires().filter(end -> !end.isAfter(Instant.now())).isPresent()) {
                warning(at.key("expires"), "has passed: this key is refused");
            }
        }
        if (tenant.keys().isEmpty() && tenant.match().isEmpty()) {
            warning(top, "nobody can be this tenant: it has no keys, and no match: for tokens");
        }
    }

    private void match() {
        List<String> names = gateway.identity().map(IdentityConfig::issuers).orElse(List.of()).stream()
                .map(IdentityConfig.Issuer::name)
                .toList();
        for (int i = 0; i < tenant.match().size(); i++) {
            String name = tenant.match().get(i).issuer();
            if (!names.contains(name)) {
                error(
                        top.key("match").item(i).key("issuer"),
                        "the gateway has no issuer \"" + name + "\" under identity:" + Nearest.hint(name, names));
            }
        }
    }

    private void models(TenantConfig.Route route, Reading at) {
        for (int i = 0; i < route.models().size(); i++) {
            String name = route.models().get(i);
            if (name.isBlank() || name.chars().anyMatch(Character::isISOControl)) {
                error(at.key("models").item(i), "is not a name");
            }
            String other = routeOfModel.putIfAbsent(name, at.path());
            if (other != null) {
                error(at.key("models").item(i), "\"" + name + "\" never gets here: " + other + " has it already");
            }
        }
    }

    private void route(TenantConfig.Route route, Reading at) {
        targets(route, at);
        route.routing()
                .filter(name -> !gateway.routing().containsKey(name))
                .ifPresent(name -> error(
                        at.key("routing"),
                        "the gateway has no \"" + name + "\" under routing:"
                                + Nearest.hint(name, gateway.routing().keySet())));
        for (int i = 0; i < route.fallback().size(); i++) {
            String name = route.fallback().get(i);
            if (route.models().contains(name)) {
                error(at.key("fallback").item(i), "\"" + name + "\" is one of the models that it would replace");
            } else if (!known(name)) {
                error(at.key("fallback").item(i), "no model \"" + name + "\"" + hint(name));
            }
        }
        if (!route.labels().isEmpty()) {
            pools(route).forEach(pool -> labels(pool, route.labels(), at));
        }
    }

    private void targets(TenantConfig.Route route, Reading at) {
        if (route.pool().isPresent() && !route.targets().isEmpty()) {
            error(at.key("targets"), "stands beside pool:, one of them is too many");
        }
        route.pool().ifPresent(name -> pool(name, at.key("pool")));
        Set<String> seen = new HashSet<>();
        for (int i = 0; i < route.targets().size(); i++) {
            TenantConfig.Target target = route.targets().get(i);
            Reading item = at.key("targets").item(i);
            pool(target.pool(), item.key("pool"));
            if (!seen.add(target.pool())) {
                error(item.key("pool"), "\"" + target.pool() + "\" stands twice");
            }
            if (target.weight() == 0 && route.targets().size() > 1) {
                warning(item.key("weight"), "nothing goes there");
            }
        }
        if (!route.targets().isEmpty() && route.targets().stream().allMatch(t -> t.weight() == 0)) {
            error(at.key("targets"), "all weights are 0: nothing can go anywhere");
        }
        if (route.pool().isEmpty() && route.targets().isEmpty()) {
            for (int i = 0; i < route.models().size(); i++) {
                if (!served(route.models().get(i))) {
                    String name = route.models().get(i);
                    error(
                            at.key("models").item(i),
                            "no pool serves \"" + name + "\": name one with pool:" + hint(name));
                }
            }
        }
    }

    private void pool(String name, Reading at) {
        List<String> names = gateway.pools().stream().map(PoolConfig::name).toList();
        if (!names.contains(name)) {
            error(at, "the gateway has no pool \"" + name + "\"" + Nearest.hint(name, names));
        }
    }

    /** Pools whose endpoints are written in the configuration: of others nobody knows what labels will come. */
    private void labels(PoolConfig pool, Map<String, String> labels, Reading at) {
        boolean some = pool.discovery().isPresent()
                || pool.endpoints().stream()
                        .anyMatch(row -> row.endpoint().labels().entrySet().containsAll(labels.entrySet()));
        if (!some) {
            error(at.key("labels"), "can never pass: no endpoint of pool " + pool.name() + " has these labels");
        }
    }

    private List<PoolConfig> pools(TenantConfig.Route route) {
        Set<String> named = new TreeSet<>();
        route.pool().ifPresent(named::add);
        route.targets().forEach(target -> named.add(target.pool()));
        return gateway.pools().stream()
                .filter(pool -> named.isEmpty()
                        ? route.models().stream()
                                .anyMatch(model -> pool.models().names().contains(model))
                        : named.contains(pool.name()))
                .toList();
    }

    private boolean known(String model) {
        return routeOfModel.containsKey(model) || served(model);
    }

    /** Whether a pool has the name, or may learn of it from its engines. */
    private boolean served(String model) {
        return gateway.pools().stream()
                .anyMatch(pool -> pool.models().names().contains(model)
                        || pool.adapters().discover()
                        || pool.adapters().names().contains(model));
    }

    private String hint(String name) {
        Set<String> names = new TreeSet<>(routeOfModel.keySet());
        gateway.pools().forEach(pool -> names.addAll(pool.models().names()));
        names.remove(name);
        return Nearest.hint(name, names);
    }

    private void error(Reading at, String message) {
        at.problems().errorAt(top.file().toString(), at.path(), message);
    }

    private void warning(Reading at, String message) {
        at.problems().warningAt(top.file().toString(), at.path(), message);
    }
}
