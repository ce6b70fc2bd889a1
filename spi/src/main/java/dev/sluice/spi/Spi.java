package dev.sluice.spi;

/**
 * The version of these types. A plugin's manifest names the versions that it runs with, as {@code Sluice-Spi: [1.0,2)}.
 * The second number grows when something is added, the first when something that plugins rely on has changed.
 */
public final class Spi {
    private Spi() {}

    /** Two numbers with a dot between them. Not a constant to the compiler: a plugin that reads it is told the host's. */
    public static String version() {
        return "1.2";
    }
}
