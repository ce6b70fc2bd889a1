package dev.sluice.app;

import dev.sluice.gateway.config.Catalog;
import dev.sluice.gateway.config.ConfigLoader;
import dev.sluice.gateway.config.Schema;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

/** Does a little of everything, so that the JVM that watches can keep what it loaded, linked and compiled. */
@Command(name = "train", hidden = true, description = "What the launcher makes its AOT cache from.")
final class TrainCommand implements Callable<Integer> {
    @Override
    public Integer call() throws IOException {
        Path config = Files.createTempFile("sluice-train", ".yaml");
        try {
            Files.writeString(
                    config,
                    """
                    pools:
                      - name: train
                        models: [m]
                        endpoints: [{url: "http://127.0.0.1:9"}]
                    """);
            Catalog catalog = Catalog.onClassPath();
            boolean good = new ConfigLoader().load(config, catalog).errors().isEmpty();
            return good && !Schema.json(catalog).isEmpty() ? Main.FINE : Main.FAILED;
        } finally {
            Files.deleteIfExists(config);
        }
    }
}
