package dev.sluice.app;

import dev.sluice.gateway.Gateway;
import dev.sluice.gateway.config.Catalog;
import dev.sluice.gateway.config.Schema;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.Writer;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.Command;

/** Does a little of everything, so that the JVM that watches can keep what it loaded, linked and profiled. */
@Command(name = "train", hidden = true, description = "What the launcher makes its AOT cache from.")
final class TrainCommand implements Callable<Integer> {
    private static final System.Logger LOG = System.getLogger("dev.sluice.train");
    /** The launcher starts no second training while one runs: one that hangs must end. */
    private static final Duration LIMIT = Duration.ofMinutes(10);

    private static boolean searched() {
        try {
            return TrainDiscovery.search();
        } catch (IOException | RuntimeException broken) {
            LOG.log(System.Logger.Level.WARNING, "the search could not be tried", broken);
            return false;
        }
    }

    /** Without picocli. */
    static int run(PrintWriter err) {
        try {
            return new TrainCommand().call();
        } catch (IOException | InterruptedException | RuntimeException failure) {
            return Failures.report(failure, "train", err);
        }
    }

    @Override
    public Integer call() throws IOException, InterruptedException {
        CompletableFuture.delayedExecutor(LIMIT.toSeconds(), TimeUnit.SECONDS)
                .execute(() -> Runtime.getRuntime().halt(Main.FAILED));
        Schema.json(Catalog.onClassPath());
        if (!searched()) {
            LOG.log(System.Logger.Level.WARNING, "no search in Kubernetes was learned: starts with one are slower");
        }
        DemoWorkload workload = DemoWorkload.customers(1, 60);
        try (PrintWriter nowhere = new PrintWriter(Writer.nullWriter());
                DemoFleet fleet = DemoFleet.start(2, 1);
                Gateway gateway = DemoCommand.gateway(fleet, 0)) {
            boolean ready = gateway.awaitReady(Duration.ofSeconds(30));
            return ready
                            && DemoRun.through(gateway.port(), fleet, workload, nowhere)
                                            .failed()
                                    == 0
                    ? Main.FINE
                    : Main.FAILED;
        }
    }
}
