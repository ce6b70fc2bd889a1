package dev.sluice.gateway;

import dev.sluice.gateway.admin.PluginStatus;
import dev.sluice.gateway.config.Catalog;
import dev.sluice.gateway.config.EffectiveConfig;
import dev.sluice.gateway.config.GatewayConfig;
import dev.sluice.gateway.config.PoolConfig;
import dev.sluice.gateway.config.RoutingConfig;
import dev.sluice.gateway.plugin.LoadedPlugin;
import dev.sluice.gateway.plugin.PartReport;
import dev.sluice.gateway.plugin.PluginDirectory;
import dev.sluice.gateway.plugin.Unloads;
import dev.sluice.gateway.plugin.Watched;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** What {@code /plugins} says: who brings which types, and where they are used. */
final class PluginPage {
    private final Catalog catalog;
    private final Map<String, RoutingConfig> policies;

    private final GatewayConfig config;
    private final Map<String, Pipeline> pipelines;
    private final List<Unloads.Remains> remains;

    PluginPage(
            GatewayConfig config,
            Catalog catalog,
            RoutingConfig builtIn,
            Map<String, Pipeline> pipelines,
            List<Unloads.Remains> remains) {
        this.config = config;
        this.catalog = catalog;
        this.pipelines = pipelines;
        this.remains = remains;
        this.policies = new TreeMap<>(config.routing());
        if (config.pools().stream().anyMatch(pool -> config.routingOf(pool).builtIn())) {
            policies.put("default", builtIn);
        }
    }

    List<PluginStatus> rows() {
        List<PluginStatus> rows = new ArrayList<>();
        Map<String, List<PluginStatus.Type>> own = new TreeMap<>();
        for (Catalog.Entry entry : catalog.entries()) {
            own.computeIfAbsent(entry.plugin(), id -> new ArrayList<>())
                    .add(new PluginStatus.Type(
                            entry.factory().type(), instances(entry.factory().type())));
        }
        for (LoadedPlugin plugin : catalog.loaded()) {
            rows.add(new PluginStatus(
                    plugin.id(),
                    "loaded",
                    "",
                    plugin.version(),
                    plugin.spi(),
                    plugin.jars().stream()
                            .map(jar -> new PluginStatus.Jar(jar.file(), jar.sha256()))
                            .toList(),
                    own.getOrDefault(plugin.id(), List.of())));
            own.remove(plugin.id());
        }
        for (PluginDirectory.Refused refused : catalog.refused()) {
            rows.add(new PluginStatus(refused.id(), "refused", refused.reason(), "", "", List.of(), List.of()));
        }
        for (Unloads.Remains old : remains) {
            rows.add(new PluginStatus(old.id(), "unloading", old.reason(), old.version(), "", List.of(), List.of()));
        }
        own.forEach(
                (id, types) -> rows.add(new PluginStatus(id, "built-in", "", Gateway.version(), "", List.of(), types)));
        return rows;
    }

    private List<PluginStatus.Instance> instances(String type) {
        List<PluginStatus.Instance> instances = new ArrayList<>();
        policies.forEach((policy, routing) -> routing.plugins().stream()
                .filter(entry -> entry.type().equals(type))
                .forEach(entry -> instances.addAll(instances(policy, entry))));
        return instances;
    }

    private List<PluginStatus.Instance> instances(String policy, RoutingConfig.PluginEntry entry) {
        Map<String, Object> parameters = EffectiveConfig.parameters(entry.parameters());
        List<PluginStatus.Instance> instances = new ArrayList<>();
        for (PoolConfig pool : config.pools()) {
            Pipeline pipeline = pipelines.get(pool.name());
            if (pipeline != null && pool.routing().orElse("default").equals(policy)) {
                List<PartReport> points = pipeline.watched().stream()
                        .filter(watched -> watched.name().equals(entry.name()))
                        .map(Watched::report)
                        .toList();
                instances.add(new PluginStatus.Instance(policy, entry.name(), pool.name(), parameters, points));
            }
        }
        return instances.isEmpty()
                ? List.of(new PluginStatus.Instance(policy, entry.name(), "", parameters, List.of()))
                : instances;
    }
}
