package dev.sluice.gateway.admin;

/**
 * One plugin that is loaded.
 *
 * @param type its type name
 * @param point what it is: filter, scorer, picker …
 * @param instances names under which policies use it, as {@code policy/name}; empty when none does
 * @param origin the jar it came from, or {@code built-in}
 * @param version its version; empty when unknown
 */
public record PluginStatus(
        String type, String point, java.util.List<String> instances, String origin, String version) {}
