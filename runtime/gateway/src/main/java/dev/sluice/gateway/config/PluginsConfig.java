package dev.sluice.gateway.config;

import dev.sluice.spi.Default;
import dev.sluice.spi.Doc;
import dev.sluice.spi.Range;
import java.nio.file.Path;
import java.time.Duration;

/**
 * Third-party plugins.
 *
 * @param directory one directory per plugin in it
 * @param budget how long a request waits for one of them
 */
public record PluginsConfig(
        @Doc("One sub-directory per plugin, named by its id, with its jars inside. Watched.")
        Path directory,

        @Doc("How long a request waits for a third-party plugin before it goes on without its vote.")
        @Default("2ms")
        @Range(min = 0.0001, max = 1)
        Duration budget) {
    /** The budget where none is configured. */
    public static final Duration BUDGET = Duration.ofMillis(2);
}
