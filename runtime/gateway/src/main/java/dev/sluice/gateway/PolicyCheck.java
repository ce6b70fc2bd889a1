package dev.sluice.gateway;

import dev.sluice.gateway.config.Catalog;
import dev.sluice.gateway.config.ConfigError;
import dev.sluice.gateway.config.GatewayConfig;
import dev.sluice.gateway.config.PluginsConfig;
import dev.sluice.gateway.config.RoutingConfig;
import dev.sluice.gateway.metrics.Meters;
import dev.sluice.gateway.plugin.PluginGuard;
import dev.sluice.gateway.plugin.PluginWorkers;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Builds the policies of a configuration and throws them away: what only building brings to light, such as references that
 * lead in a circle or profiles without a handler, is found before a gateway is started. Policies with third-party plugins
 * are left out, because those may do anything when they are made.
 */
public final class PolicyCheck {
    private PolicyCheck() {}

    /** What would keep a gateway from starting; empty when nothing would. */
    public static List<ConfigError> problems(GatewayConfig config, Catalog catalog) {
        List<ConfigError> problems = new ArrayList<>();
        PluginWorkers workers = new PluginWorkers();
        try (Meters meters = new Meters(Gateway.version())) {
            PluginGuard guard = new PluginGuard(PluginsConfig.BUDGET, meters, workers);
            for (Map.Entry<String, RoutingConfig> entry : config.routing().entrySet()) {
                if (ownOnly(entry.getValue(), catalog)) {
                    PolicyBuilder.problem(entry.getKey(), entry.getValue(), catalog, guard)
                            .ifPresent(problems::add);
                }
            }
        } finally {
            workers.close();
        }
        return List.copyOf(problems);
    }

    private static boolean ownOnly(RoutingConfig routing, Catalog catalog) {
        return routing.plugins().stream()
                .allMatch(plugin -> catalog.entry(plugin.type())
                        .filter(entry -> entry.jar().isEmpty())
                        .isPresent());
    }
}
