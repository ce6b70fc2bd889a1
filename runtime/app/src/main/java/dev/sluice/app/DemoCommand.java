package dev.sluice.app;

import dev.sluice.gateway.Gateway;
import dev.sluice.gateway.config.Catalog;
import dev.sluice.gateway.config.ConfigLoader;
import dev.sluice.gateway.config.Loaded;
import java.io.IOException;
import java.io.PrintWriter;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

@Command(
        name = "demo",
        mixinStandardHelpOptions = true,
        description = "Starts simulated engines with a gateway in front, runs a short workload with shared prefixes and"
                + " shows what routing by cache and load did for it, and what computing prompts on other engines did for chats"
                + " beside long documents. Then keeps serving.")
final class DemoCommand implements Callable<Integer> {
    private static final int ADMIN = 9190;

    @Option(names = "--once", description = "Ends after the workload; fails when a request failed.")
    private boolean once;

    @Option(names = "--port", defaultValue = "8080", description = "Port of the gateway; 0 takes a free one.")
    private int port = 8080;

    @Option(names = "--seed", defaultValue = "1", description = "Seed of the workload and the engines.")
    private long seed = 1;

    @Option(names = "--engines", defaultValue = "4", description = "Simulated engines, at least 2.")
    private int engines = 4;

    @Option(names = "--requests", defaultValue = "240", description = "Requests of the workload.")
    private int requests = 240;

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Override
    public Integer call() throws IOException, InterruptedException {
        PrintWriter out = spec.commandLine().getOut();
        PrintWriter err = spec.commandLine().getErr();
        requireFree(port);
        DemoWorkload workload = DemoWorkload.customers(seed, requests);
        err.println("round robin over " + engines + " cold engines ...");
        DemoResult roundRobin;
        try (DemoFleet cold = DemoFleet.start(engines, seed)) {
            roundRobin = DemoRun.roundRobin(cold, workload, err);
        }
        err.println("the same workload through Sluice, over " + engines + " cold engines ...");
        int failed = roundRobin.failed();
        try (DemoFleet fleet = DemoFleet.start(engines, seed);
                Gateway gateway = gateway(fleet, 0)) {
            if (!gateway.awaitReady(Duration.ofSeconds(30))) {
                err.println("the gateway did not find its engines");
                return Main.FAILED;
            }
            DemoResult routed = DemoRun.through(gateway.port(), fleet, workload, err);
            failed += routed.failed();
            out.print(DemoReport.text(workload, engines, seed, roundRobin, routed));
            out.print(DemoDecisions.text(gateway.adminPort(), routed.lastId()));
            out.flush();
        }
        return apart(failed, out, err);
    }

    /** The second part: prompts computed elsewhere. */
    private int apart(int failed, PrintWriter out, PrintWriter err) throws IOException, InterruptedException {
        DemoWorkload workload = DemoWorkload.documents(seed, requests);
        err.println("chats and long documents, over " + engines + " engines that are all alike ...");
        DemoResult alike;
        try (DemoFleet fleet = DemoFleet.alike(engines, seed);
                Gateway gateway = gateway(fleet, 0)) {
            alike = DemoSplit.run(fleet, gateway, workload, err);
        }
        err.println("the same with prompts computed on half of them ...");
        try (DemoFleet fleet = DemoFleet.apart(engines, seed);
                Gateway gateway = gateway(fleet, port)) {
            DemoResult apart = DemoSplit.run(fleet, gateway, workload, err);
            out.print(DemoSplit.text(workload, engines, alike, apart, gateway.adminPort()));
            if (once) {
                out.flush();
                return failed + alike.failed() + apart.failed() == 0 ? Main.FINE : Main.FAILED;
            }
            out.print(DemoReport.tryIt(gateway.port(), gateway.adminPort(), apart.lastId()));
            out.flush();
            new CountDownLatch(1).await();
            return Main.FINE;
        }
    }

    /** Says before a minute of work, and not after it, that the port can't be had. */
    private static void requireFree(int port) throws IOException {
        if (!free(port)) {
            throw new IOException("port " + port + " is taken; --port names another, 0 takes a free one");
        }
    }

    private static boolean free(int port) {
        try (ServerSocket probe = new ServerSocket()) {
            probe.setReuseAddress(true);
            probe.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
            return true;
        } catch (IOException taken) {
            return false;
        }
    }

    /** The usual port of operators, or a free one when another gateway has it. */
    private static int adminPort(int port) {
        return port != 0 && free(ADMIN) ? ADMIN : 0;
    }

    /** A gateway in front of a fleet; port 0 takes free ones, for operators too. */
    static Gateway gateway(DemoFleet fleet, int port) throws IOException {
        String yaml = "server: {host: 127.0.0.1, port: " + port + ", debugHeaders: true,"
                + " admin: {port: " + adminPort(port) + "}}\npools:\n  - name: chat\n    models: ["
                + DemoFleet.MODEL
                + ", chat]\n"
                + fleet.pool();
        Path file = Files.createTempFile("sluice-demo", ".yaml");
        try {
            Files.writeString(file, yaml);
            Catalog catalog = Catalog.onClassPath();
            Loaded loaded = new ConfigLoader().load(file, catalog);
            return Gateway.start(
                    loaded.config()
                            .orElseThrow(() -> new IllegalStateException(
                                    List.copyOf(loaded.errors()).toString())),
                    catalog);
        } finally {
            Files.deleteIfExists(file);
        }
    }
}
