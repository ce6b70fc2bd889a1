package dev.sluice.gateway.admin;

import dev.sluice.gateway.plugin.PartReport;
import java.util.List;
import java.util.Map;

/**
 * One plugin: the gateway's own types, or what a directory under the plugin directory holds.
 *
 * @param plugin its id
 * @param state {@code built-in}, {@code loaded}, {@code refused}, or {@code unloading} while its memory is not free yet
 * @param reason why it is refused or not gone yet; empty otherwise
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
     * @param pool the pool whose instance it is; empty when no pool uses the policy
     * @param parameters in force, defaults included, secrets masked
     * @param points how it has been doing, for each point of decisions at which it is called
     */
    public record Instance(
            String policy, String name, String pool, Map<String, Object> parameters, List<PartReport> points) {
        /** Copies the list. */
        public Instance {
            points = List.copyOf(points);
        }
    }
}
