package dev.sluice.app;

import dev.sluice.gateway.Gateway;
import dev.sluice.gateway.config.Catalog;
import dev.sluice.gateway.config.Schema;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.Writer;
import java.time.Duration;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

/** Does a little of everything, so that the JVM that watches can keep what it loaded, linked and profiled. */
@Command(name = "train", hidden = true, description = "What the launcher makes its AOT cache from.")
final class TrainCommand implements Callable<Integer> {
    @Override
    public Integer call() throws IOException, InterruptedException {
        Schema.json(Catalog.onClassPath());
        DemoWorkload workload = new DemoWorkload(1, 60);
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
