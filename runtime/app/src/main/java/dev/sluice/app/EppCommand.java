package dev.sluice.app;

import dev.sluice.gateway.Gateway;
import dev.sluice.gateway.config.Catalog;
import dev.sluice.gateway.config.ConfigLoader;
import dev.sluice.gateway.config.ErrorFormat;
import dev.sluice.gateway.config.GatewayConfig;
import dev.sluice.gateway.config.Loaded;
import dev.sluice.gateway.config.Overrides;
import dev.sluice.gateway.config.WatchedFiles;
import dev.sluice.spi.ConfigException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;
import picocli.CommandLine.Unmatched;

@Command(
        name = "epp",
        mixinStandardHelpOptions = true,
        description =
                "Runs the endpoint picker for Envoy, without a port for clients, with the flags of llm-d's picker. Flags that it"
                        + " does not know are warned about.")
final class EppCommand implements Callable<Integer> {
    private static final System.Logger LOG = System.getLogger("dev.sluice.epp");

    @Option(names = "--config-file", paramLabel = "FILE", description = "The configuration.")
    private Optional<Path> configFile = Optional.empty();

    @Option(names = "--config-text", paramLabel = "TEXT", description = "The configuration itself, in place of a file.")
    private Optional<String> configText = Optional.empty();

    @Option(names = "--endpoints", paramLabel = "FILE", description = "An endpoints file for the only pool.")
    private Optional<Path> endpoints = Optional.empty();

    @Option(names = "--plugins", paramLabel = "DIR", description = "A directory of third-party plugins.")
    private Optional<Path> plugins = Optional.empty();

    @Option(names = "--admin-port", paramLabel = "N", description = "Port of the admin listener.")
    private Optional<Integer> adminPort = Optional.empty();

    @Mixin
    private EppPool pool = new EppPool();

    @Mixin
    private EppServer server = new EppServer();

    @Unmatched
    private List<String> others = new ArrayList<>();

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Override
    public Integer call() throws InterruptedException {
        PrintWriter err = spec.commandLine().getErr();
        EppFlags.Judged judged = EppFlags.judge(others);
        judged.warnings().forEach(warning -> err.println("sluice epp: warning: " + warning));
        judged.errors().forEach(error -> err.println("sluice epp: " + error));
        Optional<String> wrong = pool.wrong();
        if (wrong.isPresent()) {
            err.println("sluice epp: " + wrong.get());
            return Main.WRONG_USE;
        }
        boolean none = configFile.isEmpty() && configText.isEmpty();
        if (none ? pool.discovery().isEmpty() : configFile.isPresent() == configText.isPresent()) {
            err.println("sluice epp: one of --config-file and --config-text must be given");
            return Main.WRONG_USE;
        }
        if (!judged.errors().isEmpty()) {
            return Main.WRONG_USE;
        }
        Loaded loaded = load(Catalog.onClassPath());
        err.print(ErrorFormat.TEXT.format(loaded.errors(), loaded.warnings()));
        err.flush();
        if (loaded.config().isEmpty()) {
            return Main.WRONG_USE;
        }
        Gateway gateway;
        try {
            GatewayConfig config = server.applied(loaded.config().get());
            gateway = Gateway.startPicker(config, loaded.catalog(), ServeCommand.sources(config));
        } catch (ConfigException refused) {
            err.println("sluice epp: " + refused.getMessage());
            return Main.WRONG_USE;
        }
        CountDownLatch stopped = new CountDownLatch(1);
        Runtime.getRuntime().addShutdownHook(new Thread(() -> ServeCommand.stop(gateway, stopped), "shutdown"));
        LOG.log(
                System.Logger.Level.INFO,
                "picking on port {0}, admin on port {1}",
                Integer.toString(gateway.pickerPort().orElse(0)),
                Integer.toString(gateway.adminPort()));
        try (Reloads _ = new Reloads(gateway, () -> again(gateway.catalog()), loaded.files(), WatchedFiles.USUAL)) {
            stopped.await();
        }
        return Main.FINE;
    }

    private Loaded load(Catalog catalog) {
        Overrides overrides = new Overrides(
                OptionalInt.empty(),
                adminPort.map(OptionalInt::of).orElse(OptionalInt.empty()),
                OptionalInt.empty(),
                endpoints,
                plugins,
                pool.discovery());
        ConfigLoader loader = new ConfigLoader();
        if (configText.isPresent()) {
            return loader.loadText(Path.of("--config-text"), configText.get(), catalog, overrides);
        }
        return configFile.isPresent()
                ? loader.load(configFile.get(), catalog, overrides)
                : loader.loadNothing(catalog, overrides);
    }

    /** A reload is told the same flags. */
    private Loaded again(Catalog catalog) {
        Loaded loaded = load(catalog);
        Optional<GatewayConfig> config = loaded.config().map(server::applied);
        return new Loaded(
                loaded.file(),
                config,
                loaded.errors(),
                loaded.warnings(),
                loaded.files(),
                loaded.positions(),
                loaded.catalog());
    }
}
