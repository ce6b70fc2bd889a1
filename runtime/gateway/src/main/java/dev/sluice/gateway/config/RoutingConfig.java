package dev.sluice.gateway.config;

import dev.sluice.spi.Factory;
import dev.sluice.spi.Part;
import dev.sluice.spi.PluginContext;
import java.util.List;
import java.util.Optional;

/**
 * A policy, shaped as llm-d's {@code EndpointPickerConfig}.
 *
 * @param plugins instances, in the order of the file
 * @param schedulingProfiles in the order of the file; empty: one profile of all plugins
 * @param flowControl how requests wait; empty: as the gateway thinks best
 */
public record RoutingConfig(
        List<PluginEntry> plugins, List<Profile> schedulingProfiles, Optional<FlowConfig> flowControl) {
    /** One that says nothing of how requests wait. */
    public RoutingConfig(List<PluginEntry> plugins, List<Profile> schedulingProfiles) {
        this(plugins, schedulingProfiles, Optional.empty());
    }

    /** Stands for the default policy: no plugins, no profiles. */
    public static final RoutingConfig BUILT_IN = new RoutingConfig(List.of(), List.of());

    /** True for the default policy. */
    public boolean builtIn() {
        return plugins.isEmpty() && schedulingProfiles.isEmpty();
    }

    /** The same with requests waiting so. */
    RoutingConfig with(Optional<FlowConfig> flow) {
        return flow.isEmpty() ? this : new RoutingConfig(plugins, schedulingProfiles, flow);
    }

    /** A policy without a choice, as llm-d makes it of a configuration that names none: the picker alone, among equals. */
    static Optional<RoutingConfig> pickerAlone(Catalog catalog, Position at) {
        return catalog.find("max-score-picker")
                .flatMap(factory -> InstanceReader.plain(factory, at))
                .map(entry -> new RoutingConfig(
                        List.of(entry), List.of(new Profile("default", List.of(new Use(entry.name(), 1))))));
    }

    /**
     * One instance.
     *
     * @param name unique in the policy; the type where none was given
     * @param maker the factory with its parameters, bound and checked
     * @param path where it stands, for errors that only creating it brings to light
     * @param at the same as a place
     */
    public record PluginEntry(String name, Maker<?> maker, String path, Position at) {
        /** Its type. */
        public String type() {
            return maker.factory.type();
        }

        /** Its parameters. */
        public Record parameters() {
            return maker.parameters;
        }

        /** An error at this entry. */
        public ConfigError error(String message) {
            return ConfigError.at(at, path, message);
        }

        /** An error of the file that it stands in. */
        public ConfigError fileError(String message) {
            return ConfigError.at(Position.start(at.file()), "", message);
        }

        /**
         * Makes the instance.
         *
         * @throws dev.sluice.spi.ConfigException when the factory does not accept the parameters
         */
        public Part create(PluginContext context) {
            return maker.create(context);
        }
    }

    /**
     * A factory and a configuration of its type.
     *
     * @param <C> that type
     */
    public record Maker<C extends Record>(Factory<C> factory, C parameters) {
        Part create(PluginContext context) {
            return factory.create(parameters, context);
        }
    }

    /** An ordered set of plugins that picks one endpoint. */
    public record Profile(String name, List<Use> plugins) {}

    /**
     * A plugin in a profile.
     *
     * @param pluginRef name of a {@link PluginEntry}
     * @param weight of a scorer, 0 or more
     */
    public record Use(String pluginRef, double weight) {}
}
