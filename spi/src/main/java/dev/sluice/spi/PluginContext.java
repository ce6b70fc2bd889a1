package dev.sluice.spi;

import java.util.Optional;

/** What the gateway lends to an instance while it is created. */
public interface PluginContext {
    /** The instance's name in the configuration; its type where none was given. */
    String name();

    /** Log of this instance. */
    System.Logger logger();

    /**
     * The instance with that name in the same routing section, wherever it stands there: it is created first.
     *
     * @throws ConfigException when there is none, it is not of that kind, or it refers to this one in turn
     */
    <P extends Part> P reference(String name, Class<P> kind);

    /**
     * The same; empty when there is no instance of that name and kind.
     *
     * @throws ConfigException when there is one that can't be created
     */
    default <P extends Part> Optional<P> find(String name, Class<P> kind) {
        try {
            return Optional.of(reference(name, kind));
        } catch (ConfigException none) {
            return Optional.empty();
        }
    }
}
