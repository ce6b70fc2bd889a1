package dev.sluice.gateway.plugin;

/** An instance whose calls are counted. */
public interface Watched {
    /** The instance's name. */
    String name();

    /** How it has been doing. */
    PartReport report();

    /** No call comes any more: lets go of the plugin's objects. */
    default void release() {}
}
