package dev.sluice.gateway.admin;

import java.util.List;
import java.util.Map;

/**
 * One plugin: the gateway's own types, or what a directory under the plugin directory holds.
 *
 * @param plugin its id
 * @param state {@code built-in}, {@code loaded} or {@code refused}
 * @param reason why it is refused; empty otherwise
 * @param version its version; empty when unknown
 * @param spi range of SPI versions that it runs with; empty for the gateway's own
 * @param jars what it was loaded from
 * @param types what it brings
 */
public record PluginStatus(
        String plugin, String state, String reason, String version, String spi, List<Jar> jars, List<Type> types) {
    /** Copies the lists. */
    public PluginStatus {
        jars = List.copyOf(jars);
        types = List.copyOf(types);
    }

    /**
     * A file.
     *
     * @param sha256 of its content, in hex
     */
    public record Jar(String file, String sha256) {}

    /**
     * A type.
     *
     * @param instances where policies use it; empty when none does
     */
    public record Type(String type, List<Instance> instances) {}

    /**
     * An instance in a policy.
     *
     * @param policy name of the routing section
     * @param name of the instance
     * @param parameters in force, defaults included, secrets masked
     */
    public record Instance(String policy, String name, Map<String, Object> parameters) {}
}
