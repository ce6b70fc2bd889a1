package dev.sluice.gateway.config;

import dev.sluice.spi.Default;
import dev.sluice.spi.Doc;
import dev.sluice.spi.Range;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A gateway's configuration, checked: what {@link ConfigLoader} makes of a file of kind {@code Gateway}.
 *
 * @param server listeners, limits and shutdown
 * @param pools at least one
 * @param routing policies by name; a pool without one gets the default policy
 * @param plugins third-party plugins; empty when there is no directory of them
 * @param metrics what {@code /metrics} shows
 * @param kvIndex the index that engines' KV events feed
 * @param identity whose tokens stand for a key; empty: nobody's
 * @param tenants who may use it; empty: everybody
 * @param usage where it is written what was used; empty: nowhere
 * @param traces who is told of requests; empty: nobody
 * @param peers other replicas; empty: this one is alone
 */
public record GatewayConfig(
        @Doc("Listeners, limits and shutdown.") @Default("{}")
        ServerConfig server,

        @Doc("Engines that serve the same models.") @Range(min = 1)
        List<PoolConfig> pools,

        @Doc("Policies by name, for `pools[].routing`. Each is written in place or as `{file: PATH}`.") @Default("{}")
        Map<String, RoutingConfig> routing,

        @Doc("Third-party plugins.") Optional<PluginsConfig> plugins,

        @Doc("Which series there are beside Sluice's own.") @Default("{}")
        MetricsConfig metrics,

        @Doc("The precise index, fed by the engines whose rows have `kvEvents`.") @Default("{}")
        KvIndexConfig kvIndex,

        @Doc("Whose tokens stand for an API key: tenants.md. Absent: nobody's.")
        Optional<IdentityConfig> identity,

        @Doc("Who may use the gateway: tenants.md. Absent: everybody who reaches it.")
        Optional<TenantsConfig> tenants,

        @Doc("A log of what was used, for `./sluice usage`. Absent: none.")
        Optional<UsageConfig> usage,

        @Doc("Traces for an OpenTelemetry collector: operating.md. Absent: none.")
        Optional<TracesConfig> traces,

        @Doc("Other replicas of this gateway, and what it shares with them: deploying.md. Absent: nothing.")
        Optional<PeersConfig> peers) {
    /** The policy that a pool names; {@link RoutingConfig#BUILT_IN} when it names none. */
    public RoutingConfig routingOf(PoolConfig pool) {
        return pool.routing()
                .map(name -> routing.getOrDefault(name, RoutingConfig.BUILT_IN))
                .orElse(RoutingConfig.BUILT_IN);
    }

    /** The same with other listeners. */
    public GatewayConfig withServer(ServerConfig other) {
        return new GatewayConfig(
                other, pools, routing, plugins, metrics, kvIndex, identity, tenants, usage, traces, peers);
    }
}
