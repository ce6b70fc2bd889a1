package dev.sluice.app;

import dev.sluice.gateway.PolicyCheck;
import dev.sluice.gateway.config.Catalog;
import dev.sluice.gateway.config.ConfigError;
import dev.sluice.gateway.config.ErrorFormat;
import dev.sluice.gateway.config.GatewayConfig;
import dev.sluice.gateway.config.Loaded;
import java.util.List;
import java.util.OptionalInt;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
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

    @Option(names = "--format", paramLabel = "text|github|json", description = "Default: text.")
    private ErrorFormat format = ErrorFormat.TEXT;

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Override
    public Integer call() {
        Loaded loaded =
                options.load(Catalog.onClassPath(), OptionalInt.empty(), OptionalInt.empty(), OptionalInt.empty());
        List<ConfigError> errors = loaded.config()
                .map(config -> PolicyCheck.problems(config, loaded.catalog()))
                .orElse(loaded.errors());
        spec.commandLine().getOut().print(format.format(errors, loaded.warnings()));
        if (format == ErrorFormat.TEXT && errors.isEmpty()) {
            loaded.config().ifPresent(config -> praise(loaded, config));
        }
        spec.commandLine().getOut().flush();
        return errors.isEmpty() && loaded.catalog().refused().isEmpty() ? Main.FINE : Main.WRONG_USE;
    }

    private void praise(Loaded loaded, GatewayConfig config) {
        spec.commandLine()
                .getOut()
                .println(loaded.file() + ": good; pools: "
                        + String.join(
                                ", ",
                                config.pools().stream().map(pool -> pool.name()).toList()));
    }
}
