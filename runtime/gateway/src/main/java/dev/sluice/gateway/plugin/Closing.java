package dev.sluice.gateway.plugin;

import dev.sluice.spi.Part;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;

/** Closes instances, off any request. */
public final class Closing {
    private static final System.Logger LOG = System.getLogger("dev.sluice.plugins");
    private static final Duration LIMIT = Duration.ofSeconds(5);

    private Closing() {}

    /** Closes an instance. What goes wrong is logged; a third party's has 5 s, then it is left to itself. */
    public static void close(String name, Part part, Optional<LoadedPlugin> plugin) {
        close(name, part, plugin, LIMIT);
    }

    static void close(String name, Part part, Optional<LoadedPlugin> plugin, Duration limit) {
        try {
            if (plugin.isEmpty()) {
                part.close();
                return;
            }
            Aside.call("plugin-" + plugin.get().id() + "-close", plugin.get().loader(), limit, () -> {
                part.close();
                return name;
            });
        } catch (TimeoutException late) {
            LOG.log(
                    System.Logger.Level.WARNING,
                    "plugin instance {0} was not closed within {1} ms",
                    name,
                    limit.toMillis());
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
        } catch (ExecutionException | RuntimeException failed) {
            Throwable cause = failed.getCause() == null ? failed : failed.getCause();
            LOG.log(System.Logger.Level.WARNING, "closing plugin instance {0}: {1}", name, Aside.words(cause));
        }
    }
}
