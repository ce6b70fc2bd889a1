package dev.sluice.spi;

/**
 * Makes the instances of one plugin type, as named by {@code type:} in a configuration.
 *
 * @param <C> the configuration: a record whose components, with their annotations, are the schema
 */
public interface Factory<C extends Record> {
    /** The name that configurations use: {@code [a-z0-9-]+}, unique in a gateway. */
    String type();

    /** The record that {@code parameters:} is bound to. {@link NoConfig} when there are none. */
    Class<C> config();

    /**
     * Makes one instance. May do I/O. Called once for every entry under {@code plugins:}, before the configuration is
     * put into force.
     *
     * @throws ConfigException when the configuration is wrong in a way that annotations can't express
     */
    Part create(C config, PluginContext context);

    /** A factory out of its three parts. */
    static <C extends Record> Factory<C> of(String type, Class<C> config, Creator<? super C> creator) {
        return new SimpleFactory<>(type, config, creator);
    }

    /** The creating half of {@link Factory#of}. */
    @FunctionalInterface
    interface Creator<C> {
        /** See {@link Factory#create}. */
        Part create(C config, PluginContext context);
    }
}
