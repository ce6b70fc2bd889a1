package dev.sluice.gateway.plugin;

import dev.sluice.spi.Factory;
import java.util.List;

/**
 * A plugin whose code is loaded.
 *
 * @param id as its directory, its manifest and its code say
 * @param version as its manifest says
 * @param spi range of SPI versions that it runs with
 * @param jars what it was loaded from, the order of its class path
 * @param loader sees the plugin's own jars, the JDK and the SPI
 * @param factories what it brings
 * @param lane the way into its code
 */
public record LoadedPlugin(
        String id,
        String version,
        String spi,
        List<Jar> jars,
        ClassLoader loader,
        List<Factory<?>> factories,
        Lane lane) {
    /** Copies the lists. */
    public LoadedPlugin {
        jars = List.copyOf(jars);
        factories = List.copyOf(factories);
    }

    /**
     * A file that it was loaded from.
     *
     * @param file its name in the plugin's directory
     * @param sha256 of its content, in hex
     */
    public record Jar(String file, String sha256) {}
}
