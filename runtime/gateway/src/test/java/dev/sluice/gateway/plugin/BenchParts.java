package dev.sluice.gateway.plugin;

import dev.sluice.gateway.metrics.Meters;
import dev.sluice.spi.Scorer;
import java.time.Duration;
import java.util.List;

/** Puts scorers behind the guards, for benches. */
public final class BenchParts {
    private final PluginWorkers workers = new PluginWorkers();
    private final PluginGuard guard = new PluginGuard(Duration.ofMillis(2), new Meters("bench"), workers);

    /** A third party's scorer, in a plugin of its own. */
    public Scorer thirdParty(String name, Scorer scorer) {
        LoadedPlugin plugin =
                new LoadedPlugin(name, "1", "1.0", List.of(), getClass().getClassLoader(), List.of(), new Lane(name));
        workers.plugins(8);
        return guard.thirdParty(Scorer.class, name, name, scorer, plugin);
    }

    /** The gateway's own, counted. */
    public Scorer own(String name, Scorer scorer) {
        return guard.own(Scorer.class, name, name, scorer);
    }

    /** What became of the calls. */
    public static String report(Scorer scorer) {
        return scorer instanceof Watched watched ? watched.report().toString() : "";
    }

    /** Ends the threads. */
    public void close() {
        workers.close();
    }
}
