package dev.sluice.gateway.config;

import dev.sluice.spi.Role;
import java.nio.file.Files;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What no single value shows: names that are given twice, references that lead nowhere, doors left open. */
final class CrossChecks {
    private final GatewayConfig config;
    private final Reading top;
    private final Map<String, String> poolOfModel = new HashMap<>();
    private final Map<String, String> poolOfEndpoint = new HashMap<>();
    private final Map<String, String> poolOfId = new HashMap<>();

    CrossChecks(GatewayConfig config, Reading top) {
        this.config = config;
        this.top = top;
    }

    void run() {
        listeners();
        Set<String> names = new HashSet<>();
        Set<String> used = new HashSet<>();
        for (int i = 0; i < config.pools().size(); i++) {
            PoolConfig pool = config.pools().get(i);
            Reading at = top.key("pools").item(i);
            if (!pool.name().matches("[a-z0-9]([a-z0-9._-]{0,61}[a-z0-9])?")) {
                error(
                        at.key("name"),
                        "must be lower-case letters, digits, '.', '_', '-', at most 63, is \"" + pool.name() + "\"");
            }
            if (!names.add(pool.name())) {
                error(at.key("name"), "there is another pool named " + pool.name());
            }
            models(pool, at);
            endpoints(pool, at);
            roles(pool, at);
            prewarm(pool, at.key("prewarm"));
            progress(pool, at.key("progress"));
            pool.routing().ifPresent(routing -> {
                used.add(routing);
                if (!config.routing().containsKey(routing)) {
                    error(
                            at.key("routing"),
                            "there is no \"" + routing + "\" under routing:"
                                    + Nearest.hint(routing, config.routing().keySet()));
                }
            });
        }
        config.identity().ifPresent(this::identity);
        config.peers().ifPresent(this::peers);
        boolean unread =
                config.server().extProc().filter(envoy -> !envoy.usage()).isPresent();
        if (unread && (config.usage().isPresent() || config.tenants().isPresent())) {
            Reading at = top.key("server").key("extProc").key("usage");
            at.problems()
                    .warningAt(
                            file(),
                            at.path(),
                            "answers are not read: quotas and the usage log count what such answers are believed to have");
        }
        if (config.tenants().isPresent()) {
            tenants(config.tenants().get());
            return;
        }
        config.routing().keySet().stream().filter(name -> !used.contains(name)).forEach(name -> {
            Reading at = top.key("routing").key(name);
            at.problems().warningAt(file(), at.path(), "no pool uses this policy");
        });
        top.problems().warningAt(file(), "", "no tenants: this gateway is open to everybody who reaches it");
    }

    private void identity(IdentityConfig identity) {
        Reading at = top.key("identity");
        Set<String> names = new HashSet<>();
        for (int i = 0; i < identity.issuers().size(); i++) {
            String name = identity.issuers().get(i).name();
            if (!names.add(name)) {
                error(at.key("issuers").item(i).key("name"), "there is another issuer named " + name);
            }
        }
        if (config.tenants().isEmpty()) {
            at.problems().warningAt(file(), at.path(), "no tenants: tokens are asked of nobody");
        }
    }

    private void peers(PeersConfig peers) {
        Reading at = top.key("peers");
        if (peers.key().isEmpty()) {
            at.problems().warningAt(file(), at.path(), "no key: nothing is shared with other replicas");
        }
        boolean own =
                config.tenants().isPresent() && config.tenants().get().salt().isEmpty();
        if (own) {
            at.problems()
                    .warningAt(
                            file(),
                            at.path(),
                            "beside tenants without a salt replicas share no prefixes: each has salts of its own");
        }
    }

    private void progress(PoolConfig pool, Reading at) {
        pool.progress().filter(every -> every.toMillis() < 100).ifPresent(every -> error(at, "must be at least 100ms"));
        if (pool.progress().isPresent() && pool.discovery().isEmpty()) {
            error(at, "only what discovery finds is waited for; these endpoints are written down");
        }
    }

    private void prewarm(PoolConfig pool, Reading at) {
        boolean patches = pool.prewarm()
                .filter(prewarm -> prewarm.mode() == PrewarmConfig.Mode.PATCH)
                .isPresent();
        boolean revisions = pool.discovery()
                .filter(found -> found.knative().isPresent() || found.kserve().isPresent())
                .isPresent();
        if (patches && !revisions) {
            error(at.key("mode"), "only Knative revisions can be patched: discovery: {knative: …} or {kserve: …}");
        }
    }

    private void tenants(TenantsConfig tenants) {
        Reading at = top.key("tenants");
        if (tenants.salt().isEmpty()) {
            at.problems()
                    .warningAt(
                            file(),
                            at.path(),
                            "no salt: a random one for each process, so that replicas, and this one after a restart,"
                                    + " find nothing of what engines have cached");
        }
        tenants.directory()
                .filter(directory -> !Files.isDirectory(directory))
                .ifPresent(directory -> at.problems()
                        .warningAt(file(), at.key("directory").path(), "there is no directory " + directory + " yet"));
        boolean shared =
                config.pools().stream().anyMatch(pool -> pool.connector().type().equals("shared-storage"));
        if (shared
                && tenants.anonymous() == TenantsConfig.Anonymous.ALLOW
                && tenants.directory().isPresent()) {
            error(
                    at.key("anonymous"),
                    "beside a connector shared-storage, whose files do not tell tenants apart, there can be one tenant"
                            + " only");
        }
    }

    private void listeners() {
        ServerConfig server = config.server();
        Reading at = top.key("server");
        if (!isLoopback(server.admin().host()) && server.admin().token().isEmpty()) {
            error(
                    at.key("admin").key("host"),
                    server.admin().host() + " can be reached from elsewhere: that needs token: {file: PATH}");
        }
        Map<Integer, String> taken = new HashMap<>();
        taken.put(server.port(), "server.port");
        port(server.admin().port(), at.key("admin").key("port"), taken);
        server.metrics()
                .ifPresent(metrics -> port(metrics.port(), at.key("metrics").key("port"), taken));
        config.peers().ifPresent(peers -> port(peers.port(), top.key("peers").key("port"), taken));
        server.extProc().ifPresent(extProc -> {
            port(extProc.port(), at.key("extProc").key("port"), taken);
            extProc.healthPort()
                    .ifPresent(health -> port(health, at.key("extProc").key("healthPort"), taken));
        });
    }

    private void port(int port, Reading at, Map<Integer, String> taken) {
        String other = taken.putIfAbsent(port, at.path());
        if (other != null && port != 0) {
            error(at, "port " + port + " is that of " + other + " already");
        }
    }

    private static boolean isLoopback(String host) {
        return host.equals("localhost")
                || host.equals("::1")
                || host.equals("[::1]")
                || host.matches("127(\\.[0-9]{1,3}){3}");
    }

    private void models(PoolConfig pool, Reading at) {
        if (pool.models().discover() && !pool.adapters().discover()) {
            error(
                    at.key("adapters"),
                    "models: discover serves whatever the engines list, adapters too: leave this out");
        }
        names(pool.models().names(), pool, at.key("models"));
        names(pool.adapters().names(), pool, at.key("adapters"));
    }

    private void names(List<String> names, PoolConfig pool, Reading at) {
        for (int i = 0; i < names.size(); i++) {
            String name = names.get(i);
            if (name.isBlank() || name.chars().anyMatch(Character::isISOControl)) {
                error(at.item(i), "is not a name");
            }
            String other = poolOfModel.putIfAbsent(name, pool.name());
            if (other != null) {
                error(
                        at.item(i),
                        "\"" + name + "\" stands twice"
                                + (other.equals(pool.name()) ? " in this pool" : ": pool " + other + " has it too"));
            }
        }
    }

    private void endpoints(PoolConfig pool, Reading at) {
        if (pool.endpoints().isEmpty() && pool.discovery().isEmpty()) {
            error(at, "has no endpoints: and no discovery:; an endpoints file may also be named by --endpoints");
        } else if (!pool.endpoints().isEmpty() && pool.discovery().isPresent()) {
            error(at.key("discovery"), "stands beside endpoints:, one of them is too many");
        }
        for (int i = 0; i < pool.endpoints().size(); i++) {
            Reading item = at.key("endpoints").item(i);
            String address = pool.endpoints().get(i).endpoint().address();
            String id = pool.endpoints().get(i).endpoint().id();
            twice(poolOfEndpoint.putIfAbsent(address, pool.name()), address, pool, item);
            if (!id.equals(address)) {
                twice(poolOfId.putIfAbsent(pool.name() + " " + id, pool.name()), id, pool, item);
            }
        }
        if (pool.tls().isPresent()
                && pool.discovery().isEmpty()
                && pool.endpoints().stream().noneMatch(e -> e.secure(true))) {
            at.problems().warningAt(file(), at.key("tls").path(), "no engine of this pool is https");
        }
        pool.discovery().flatMap(Discovery::file).ifPresent(listed -> EndpointsFile.check(listed, at.key("discovery")));
    }

    /** Engines that compute prompts for others need a way for KV to move, and others. */
    private void roles(PoolConfig pool, Reading at) {
        List<Role> roles =
                pool.endpoints().stream().map(row -> row.endpoint().role()).toList();
        boolean moves = pool.connector().maker().isPresent();
        if (!moves && roles.contains(Role.PREFILL)) {
            at.problems()
                    .warningAt(
                            file(),
                            at.key("endpoints").path(),
                            "engines of role prefill get nothing to do without a connector:");
        }
        if (!roles.isEmpty() && roles.stream().allMatch(role -> role == Role.PREFILL || role == Role.ENCODE)) {
            at.problems()
                    .warningAt(file(), at.key("endpoints").path(), "no engine can generate: all are of role prefill");
        }
        if (moves && !roles.isEmpty() && roles.stream().noneMatch(role -> role == Role.PREFILL || role == Role.BOTH)) {
            at.problems()
                    .warningAt(
                            file(),
                            at.key("connector").path(),
                            "no engine is of role prefill or both: no request will be split");
        }
    }

    private void twice(@Nullable String other, String what, PoolConfig pool, Reading at) {
        if (other != null) {
            error(
                    at,
                    what + " stands twice"
                            + (other.equals(pool.name()) ? " in this pool" : ": pool " + other + " has it too"));
        }
    }

    private void error(Reading at, String message) {
        at.problems().errorAt(file(), at.path(), message);
    }

    private String file() {
        return top.file().toString();
    }
}
