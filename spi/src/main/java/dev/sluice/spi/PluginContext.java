package dev.sluice.spi;

/** What the gateway lends to an instance while it is created. */
public interface PluginContext {
    /** The instance's name in the configuration; its type where none was given. */
    String name();

    /** Log of this instance. */
    System.Logger logger();

    /**
     * The instance with that name in the same routing section, created before this one.
     *
     * @throws ConfigException when there is none, or it is not of that kind
     */
    <P extends Part> P reference(String name, Class<P> kind);
}
