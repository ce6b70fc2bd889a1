package dev.sluice.gateway.config;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * What the command line and the environment say louder than the file.
 *
 * @param port of the tenants' listener
 * @param adminPort of the operators' listener
 * @param metricsPort of the scraper's listener, which it switches on
 * @param endpoints an endpoints file for the only pool, in place of what the file says
 * @param plugins a plugin directory, in place of the one that the file names
 * @param discovery where the only pool's endpoints are looked for, in place of what the file says
 */
public record Overrides(
        OptionalInt port,
        OptionalInt adminPort,
        OptionalInt metricsPort,
        Optional<Path> endpoints,
        Optional<Path> plugins,
        Optional<Discovery> discovery) {
    /** The same with endpoints from nowhere else. */
    public Overrides(
            OptionalInt port,
            OptionalInt adminPort,
            OptionalInt metricsPort,
            Optional<Path> endpoints,
            Optional<Path> plugins) {
        this(port, adminPort, metricsPort, endpoints, plugins, Optional.empty());
    }

    /** Nothing. */
    public static final Overrides NONE = new Overrides(
            OptionalInt.empty(), OptionalInt.empty(), OptionalInt.empty(), Optional.empty(), Optional.empty());

    GatewayConfig applied(GatewayConfig config, Reading at) {
        ServerConfig server = config.server();
        ServerConfig.Admin admin = server.admin();
        Optional<ServerConfig.Metrics> metrics = metricsPort.isPresent()
                ? Optional.of(new ServerConfig.Metrics(
                        server.metrics().map(ServerConfig.Metrics::host).orElse("0.0.0.0"), metricsPort.getAsInt()))
                : server.metrics();
        ServerConfig newServer = server.withPorts(
                port.orElse(server.port()),
                new ServerConfig.Admin(admin.host(), adminPort.orElse(admin.port()), admin.token()),
                metrics);
        List<PoolConfig> pools = new ArrayList<>(config.pools());
        Optional<Discovery> instead = endpoints.map(Discovery::new).or(() -> discovery);
        if (instead.isPresent()) {
            if (pools.size() != 1) {
                at.problems()
                        .errorAt(
                                at.file().toString(),
                                "pools",
                                (endpoints.isPresent() ? "--endpoints" : "--pool-name")
                                        + " needs exactly one pool, there are " + pools.size());
            } else {
                pools.set(0, pools.getFirst().withDiscovery(instead.get()));
            }
        }
        return new GatewayConfig(
                newServer,
                List.copyOf(pools),
                config.routing(),
                plugins(config),
                config.metrics(),
                config.kvIndex(),
                config.identity(),
                config.tenants(),
                config.usage(),
                config.traces(),
                config.peers());
    }

    private Optional<PluginsConfig> plugins(GatewayConfig config) {
        return plugins.map(directory -> new PluginsConfig(
                        directory, config.plugins().map(PluginsConfig::budget).orElse(PluginsConfig.BUDGET)))
                .or(config::plugins);
    }
}
