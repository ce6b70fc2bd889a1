package dev.sluice.gateway.config;

import dev.sluice.spi.Factory;
import dev.sluice.spi.Plugin;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.ServiceLoader;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** The plugin types that configurations may name. Two plugins that claim one type, or one id, are an error. */
public final class Catalog {
    private final Map<String, Entry> byType;

    private Catalog(List<Entry> entries) {
        this.byType = entries.stream()
                .collect(Collectors.toMap(
                        entry -> entry.factory().type(),
                        entry -> entry,
                        (a, b) -> {
                            throw new IllegalStateException("plugins " + a.plugin() + " and " + b.plugin()
                                    + " both bring the type " + a.factory().type());
                        },
                        TreeMap::new));
    }

    /** Everything that {@link ServiceLoader} finds on the class path. */
    public static Catalog onClassPath() {
        return of(ServiceLoader.load(Plugin.class, Plugin.class.getClassLoader()));
    }

    /** The factories of these plugins. */
    public static Catalog of(Iterable<Plugin> plugins) {
        List<Entry> entries = new ArrayList<>();
        Map<String, Plugin> ids = new TreeMap<>();
        for (Plugin plugin : plugins) {
            if (ids.put(plugin.id(), plugin) != null) {
                throw new IllegalStateException("two plugins have the id " + plugin.id());
            }
            plugin.factories().forEach(factory -> entries.add(new Entry(plugin.id(), factory)));
        }
        return new Catalog(entries);
    }

    /** The factory of a type. */
    public Optional<Factory<?>> find(String type) {
        return Optional.ofNullable(byType.get(type)).map(Entry::factory);
    }

    /** All types, sorted. */
    public List<String> types() {
        return List.copyOf(byType.keySet());
    }

    /** All entries, sorted by type. */
    public List<Entry> entries() {
        return List.copyOf(byType.values());
    }

    /**
     * A type and who brings it.
     *
     * @param plugin the plugin's id
     */
    public record Entry(String plugin, Factory<?> factory) {}
}
