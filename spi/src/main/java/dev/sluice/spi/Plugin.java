package dev.sluice.spi;

import java.util.List;

/**
 * The one type that {@link java.util.ServiceLoader} looks for: a named bundle of factories. A jar may hold several; the
 * order of service files never matters, because a type name that two plugins claim is an error.
 */
public interface Plugin {
    /** Name of the plugin, unique in a gateway: {@code [a-z0-9-]+}. */
    String id();

    /** What this plugin brings. Called once, when the plugin is loaded. */
    List<Factory<?>> factories();
}
