package dev.sluice.app;

import dev.sluice.gateway.config.Catalog;
import dev.sluice.gateway.config.ConfigLoader;
import dev.sluice.gateway.config.Loaded;
import dev.sluice.gateway.config.Overrides;
import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalInt;
import picocli.CommandLine.Option;

/** The options that name a configuration and win over it. */
final class ConfigOptions {
    @Option(
            names = "--config",
            required = true,
            paramLabel = "FILE",
            description = "A Gateway configuration (docs/configuration.md).")
    Path config = Path.of("gateway.yaml");

    @Option(
            names = "--endpoints",
            paramLabel = "FILE",
            description = "An endpoints file for the only pool, in place of what the configuration says.")
    Optional<Path> endpoints = Optional.empty();

    @Option(
            names = "--plugins",
            paramLabel = "DIR",
            description = "A directory of third-party plugins, in place of the one that the configuration names.")
    Optional<Path> plugins = Optional.empty();

    Loaded load(Catalog catalog, OptionalInt port, OptionalInt adminPort, OptionalInt metricsPort) {
        return new ConfigLoader()
                .load(config, catalog, new Overrides(port, adminPort, metricsPort, endpoints, plugins));
    }
}
