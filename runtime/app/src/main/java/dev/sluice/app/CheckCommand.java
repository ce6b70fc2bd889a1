package dev.sluice.app;

import dev.sluice.gateway.PolicyCheck;
import dev.sluice.gateway.config.Catalog;
import dev.sluice.gateway.config.ConfigError;
import dev.sluice.gateway.config.ErrorFormat;
import dev.sluice.gateway.config.GatewayConfig;
import dev.sluice.gateway.config.Loaded;
import dev.sluice.gateway.config.TenantDirectoryReader;
import dev.sluice.gateway.config.TenantFile;
import dev.sluice.gateway.config.TenantsConfig;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

@Command(
        name = "check",
        mixinStandardHelpOptions = true,
        description =
                "Says all that is wrong with a configuration, as file:line:col: path: message. Exit 2 if anything is, a"
                        + " plugin that can't be loaded included.")
final class CheckCommand implements Callable<Integer> {
    @Mixin
    private ConfigOptions options = new ConfigOptions();

    @Option(
            names = "--tenants",
            paramLabel = "DIR",
            description = "A directory of tenant files, in place of the one that the configuration names.")
    private Optional<Path> tenants = Optional.empty();

    @Option(names = "--format", paramLabel = "text|github|json", description = "Default: text.")
    private ErrorFormat format = ErrorFormat.TEXT;

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Override
    public Integer call() {
        Loaded loaded =
                options.load(Catalog.onClassPath(), OptionalInt.empty(), OptionalInt.empty(), OptionalInt.empty());
        List<ConfigError> errors = new ArrayList<>(loaded.config()
                .map(config -> PolicyCheck.problems(config, loaded.catalog()))
                .orElse(loaded.errors()));
        List<ConfigError> warnings = new ArrayList<>(loaded.warnings());
        List<TenantFile> files =
                loaded.config().map(config -> tenants(config, loaded.catalog())).orElse(List.of());
        files.forEach(file -> {
            errors.addAll(file.errors());
            warnings.addAll(file.warnings());
        });
        spec.commandLine().getOut().print(format.format(errors, warnings));
        if (format == ErrorFormat.TEXT && errors.isEmpty()) {
            loaded.config().ifPresent(config -> praise(loaded, config, files));
        }
        spec.commandLine().getOut().flush();
        return errors.isEmpty() && loaded.catalog().refused().isEmpty() ? Main.FINE : Main.WRONG_USE;
    }

    private List<TenantFile> tenants(GatewayConfig config, Catalog catalog) {
        if (tenants.isPresent() && !Files.isDirectory(tenants.get())) {
            throw new ParameterException(spec.commandLine(), "there is no directory " + tenants.get());
        }
        return tenants.or(() -> config.tenants().flatMap(TenantsConfig::directory))
                .map(directory -> TenantDirectoryReader.read(directory, config, catalog))
                .orElse(List.of());
    }

    private void praise(Loaded loaded, GatewayConfig config, List<TenantFile> files) {
        spec.commandLine()
                .getOut()
                .println(loaded.file() + ": good; pools: "
                        + String.join(
                                ", ",
                                config.pools().stream().map(pool -> pool.name()).toList())
                        + (files.isEmpty()
                                ? ""
                                : "; tenants: "
                                        + String.join(
                                                ", ",
                                                files.stream()
                                                        .map(TenantFile::tenant)
                                                        .toList())));
    }
}
