package dev.sluice.app;

import dev.sluice.gateway.config.Catalog;
import dev.sluice.gateway.config.ConfigLoader;
import dev.sluice.gateway.config.Loaded;
import dev.sluice.gateway.config.Overrides;
import java.nio.file.Path;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** The options that name a configuration and win over it. */
final class ConfigOptions {
    @Option(
            names = "--config",
            paramLabel = "FILE",
            description = "A Gateway configuration (docs/configuration.md), or llm-d's EndpointPickerConfig, then with"
                    + " --endpoints. Without one, --endpoints alone is served as llm-d does without one.")
    Optional<Path> config = Optional.empty();

    @Option(
            names = "--endpoints",
            paramLabel = "FILE",
            description = "An endpoints file for the only pool, in place of what the configuration says.")
    Optional<Path> endpoints = Optional.empty();

    /** Set by picocli, where it is what reads the command line. */
    @Spec(Spec.Target.MIXEE)
    private @Nullable CommandSpec command;

    @Option(
            names = "--plugins",
            paramLabel = "DIR",
            description = "A directory of third-party plugins, in place of the one that the configuration names.")
    Optional<Path> plugins = Optional.empty();

    Loaded load(Catalog catalog, OptionalInt port, OptionalInt adminPort, OptionalInt metricsPort) {
        Overrides overrides = new Overrides(port, adminPort, metricsPort, endpoints, plugins);
        if (config.isEmpty() && endpoints.isEmpty()) {
            throw WrongUse.of(Objects.requireNonNull(command), "needs --config FILE, or --endpoints FILE");
        }
        ConfigLoader loader = new ConfigLoader();
        return config.isPresent()
                ? loader.load(config.get(), catalog, overrides)
                : loader.loadNothing(catalog, overrides);
    }
}
