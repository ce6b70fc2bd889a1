package dev.sluice.app;

import dev.sluice.core.discovery.EndpointSource;
import dev.sluice.gateway.Gateway;
import dev.sluice.gateway.HelidonServices;
import dev.sluice.gateway.config.Catalog;
import dev.sluice.gateway.config.Discovery;
import dev.sluice.gateway.config.ErrorFormat;
import dev.sluice.gateway.config.GatewayConfig;
import dev.sluice.gateway.config.Loaded;
import dev.sluice.gateway.config.WatchedFiles;
import dev.sluice.knative.KubernetesSource;
import dev.sluice.kvevents.ZmqKvEvents;
import dev.sluice.peers.JGroupsPeers;
import dev.sluice.spi.ConfigException;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

@Command(
        name = "serve",
        mixinStandardHelpOptions = true,
        description =
                "Runs the gateway until it is told to stop. Configuration and endpoints files are watched; SIGTERM"
                        + " lets streams finish.")
final class ServeCommand implements Callable<Integer> {
    private static final System.Logger LOG = System.getLogger("dev.sluice.serve");
    private static final Pattern SEARCH = Pattern.compile("\\b(knative|kserve|inferencePool|pods)\\b");
    private static final int FORESEEN_BYTES = 1 << 20;

    @Mixin
    private ConfigOptions options = new ConfigOptions();

    @Option(
            names = "--port",
            paramLabel = "N",
            description = "Port of the gateway; wins over PORT and the configuration.")
    private Optional<Integer> port = Optional.empty();

    @Option(names = "--admin-port", paramLabel = "N", description = "Port of the admin listener.")
    private Optional<Integer> adminPort = Optional.empty();

    @Option(
            names = "--metrics-port",
            paramLabel = "N",
            description = "Port of a listener with metrics and health only.")
    private Optional<Integer> metricsPort = Optional.empty();

    /** Set by picocli, where it is what reads the command line: to make one here would load all of it. */
    @Spec
    private @Nullable CommandSpec spec;

    /**
     * Reads a command line that says nothing but what is served: {@code serve --config FILE}, and options of this command, each once, with
     * its value as the next word. For everything else it is empty, and picocli reads it and says what is wrong. To have picocli learn
     * this class's options takes as long as to start the gateway's listeners.
     */
    static Optional<ServeCommand> plain(String... words) {
        if (words.length % 2 == 0 || !words[0].equals("serve")) {
            return Optional.empty();
        }
        ServeCommand command = new ServeCommand();
        Set<String> given = new HashSet<>();
        for (int i = 1; i < words.length; i += 2) {
            if (!given.add(words[i]) || !command.take(words[i], words[i + 1])) {
                return Optional.empty();
            }
        }
        return given.contains("--config") ? Optional.of(command) : Optional.empty();
    }

    /** False for what only picocli understands. */
    private boolean take(String option, String value) {
        if (value.isEmpty() || "-@\"'$".indexOf(value.charAt(0)) >= 0) {
            return false;
        }
        try {
            switch (option) {
                case "--config" -> options.config = Optional.of(Path.of(value));
                case "--endpoints" -> options.endpoints = Optional.of(Path.of(value));
                case "--plugins" -> options.plugins = Optional.of(Path.of(value));
                case "--port" -> port = Optional.of(Integer.valueOf(value));
                case "--admin-port" -> adminPort = Optional.of(Integer.valueOf(value));
                case "--metrics-port" -> metricsPort = Optional.of(Integer.valueOf(value));
                default -> {
                    return false;
                }
            }
            return true;
        } catch (NumberFormatException | InvalidPathException notSo) {
            return false;
        }
    }

    /** What was asked for; to be compared. */
    List<Optional<?>> asked() {
        return List.of(options.config, options.endpoints, options.plugins, port, adminPort, metricsPort);
    }

    /** Serves, and reports what goes wrong as every command does. */
    int run(PrintWriter err) {
        try {
            return serve(err);
        } catch (InterruptedException | RuntimeException failure) {
            return Failures.report(failure, "serve", err);
        }
    }

    @Override
    public Integer call() throws InterruptedException {
        return serve(Objects.requireNonNull(spec).commandLine().getErr());
    }

    private int serve(PrintWriter err) throws InterruptedException {
        Optional<Integer> wanted;
        try {
            wanted = port.isPresent() ? port : portOfEnvironment();
        } catch (NumberFormatException bad) {
            err.println("sluice serve: PORT is not a number: " + System.getenv("PORT"));
            return Main.WRONG_USE;
        }
        Optional<Started> started = start(wanted, err);
        if (started.isEmpty()) {
            return Main.WRONG_USE;
        }
        Gateway gateway = started.get().gateway;
        CountDownLatch stopped = new CountDownLatch(1);
        Runtime.getRuntime().addShutdownHook(new Thread(() -> stop(gateway, stopped), "shutdown"));
        announce(started.get()); // not before: whoever reads it may end the process at once
        try (Reloads _ = reloads(started.get(), wanted)) {
            stopped.await();
        }
        return Main.FINE;
    }

    /**
     * A start as a process makes it, and its end: for the training, which is to know all that happens before the first answer.
     *
     * @param ready asks the gateway what is asked of it at its start
     */
    static boolean rehearse(Path config, PrintWriter err, Predicate<Gateway> ready) {
        ServeCommand command = plain("serve", "--config", config.toString()).orElseThrow();
        Optional<Started> started = command.start(Optional.of(0), err);
        if (started.isEmpty()) {
            return false;
        }
        try (Gateway gateway = started.get().gateway();
                Reloads _ = command.reloads(started.get(), Optional.of(0))) {
            announce(started.get());
            return ready.test(gateway);
        }
    }

    private Reloads reloads(Started started, Optional<Integer> wanted) {
        Gateway gateway = started.gateway();
        return new Reloads(gateway, () -> load(wanted, gateway.catalog()), started.files(), WatchedFiles.USUAL);
    }

    /** A gateway and what its configuration was read from. The configuration itself, and its plugins, may be replaced. */
    private record Started(Gateway gateway, Set<Path> files, boolean tenants) {}

    private Optional<Started> start(Optional<Integer> wanted, PrintWriter err) {
        Optional<KubernetesSource> early = foreseen();
        Loaded loaded = load(wanted, Catalog.onClassPath());
        err.print(ErrorFormat.TEXT.format(loaded.errors(), loaded.warnings()));
        err.flush();
        if (loaded.config().isEmpty()) {
            leave(early);
            return Optional.empty();
        }
        if (Main.isProcess() && loaded.config().get().server().extProc().isEmpty()) {
            HelidonServices.leaveOut();
        }
        Gateway gateway;
        try {
            gateway = Gateway.start(
                    loaded.config().get(),
                    loaded.catalog(),
                    sources(loaded.config().get(), early));
        } catch (ConfigException wrong) {
            err.println("sluice serve: " + wrong.getMessage());
            return Optional.empty();
        }
        return Optional.of(new Started(
                gateway, loaded.files(), loaded.config().get().tenants().isPresent()));
    }

    private static void announce(Started started) {
        Gateway gateway = started.gateway();
        LOG.log(
                System.Logger.Level.INFO,
                "serving on port {0}, admin on port {1}{2}; {3}",
                Integer.toString(gateway.port()),
                Integer.toString(gateway.adminPort()),
                gateway.pickerPort().isPresent()
                        ? ", picking for Envoy on port " + gateway.pickerPort().getAsInt()
                        : "",
                started.tenants() ? "for tenants" : "open to everybody: no tenants are configured");
    }

    /**
     * Readers of KV events and of Kubernetes, and the network to other replicas: none is loaded before it is needed, but what is searched
     * begins at once.
     */
    static Gateway.Sources sources(GatewayConfig config) {
        return sources(config, Optional.empty());
    }

    private static Gateway.Sources sources(GatewayConfig config, Optional<KubernetesSource> early) {
        boolean searches = config.pools().stream()
                .anyMatch(pool -> pool.discovery().flatMap(Discovery::wanted).isPresent());
        if (!searches) {
            leave(early);
        }
        return new Gateway.Sources(
                () -> new ZmqKvEvents(),
                searches ? first(early.orElseGet(ServeCommand::prepared)) : () -> new KubernetesSource(),
                at -> new JGroupsPeers(
                        new JGroupsPeers.Settings(at.host(), at.port(), at.secret(), "sluice", at.others())));
    }

    /**
     * A source that is prepared before the configuration has been read, where its text names a search: to reach the API server takes as
     * long as all else in a start. Whether there is one is known when it has been read; empty is never wrong.
     */
    private Optional<KubernetesSource> foreseen() {
        try {
            Path file = options.config.orElse(Path.of(""));
            boolean small = Files.isRegularFile(file) && Files.size(file) < FORESEEN_BYTES;
            return small && SEARCH.matcher(Files.readString(file)).find() ? Optional.of(prepared()) : Optional.empty();
        } catch (IOException unreadable) { // who reads it next says so
            LOG.log(System.Logger.Level.DEBUG, "nothing is foreseen", unreadable);
            return Optional.empty();
        }
    }

    private static KubernetesSource prepared() {
        KubernetesSource source = new KubernetesSource();
        source.prepare();
        return source;
    }

    /** Not wanted after all; to close it waits until it has been made. */
    private static void leave(Optional<KubernetesSource> early) {
        early.ifPresent(source -> Thread.ofVirtual().name("kubernetes-leaves").start(source::close));
    }

    /** Who asks again, for the replicas' names, gets one of its own to close. */
    private static Supplier<EndpointSource> first(KubernetesSource source) {
        AtomicBoolean taken = new AtomicBoolean();
        return () -> taken.compareAndSet(false, true) ? source : new KubernetesSource();
    }

    private static Optional<Integer> portOfEnvironment() {
        String set = System.getenv("PORT");
        return set == null || set.isBlank() ? Optional.empty() : Optional.of(Integer.valueOf(set));
    }

    private Loaded load(Optional<Integer> wanted, Catalog catalog) {
        return options.load(catalog, optional(wanted), optional(adminPort), optional(metricsPort));
    }

    private static OptionalInt optional(Optional<Integer> value) {
        return value.map(OptionalInt::of).orElse(OptionalInt.empty());
    }

    /** Runs when the process is told to end: streams finish first, and then the exit code is 0. */
    static void stop(Gateway gateway, CountDownLatch stopped) {
        try {
            gateway.drainAndClose();
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
        stopped.countDown();
        Runtime.getRuntime().halt(Main.FINE);
    }
}
