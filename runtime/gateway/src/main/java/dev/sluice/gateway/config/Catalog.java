package dev.sluice.gateway.config;

import dev.sluice.gateway.plugin.LoadedPlugin;
import dev.sluice.gateway.plugin.PluginDirectory;
import dev.sluice.spi.Factory;
import dev.sluice.spi.Plugin;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.ServiceLoader;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * The plugin types that configurations may name: those of the gateway itself, where two that claim one type or id are an
 * error, and those of a plugin directory, where what can't be loaded is left out and told.
 */
public final class Catalog {
    private final Map<String, Entry> byType;
    private final PluginDirectory.Contents jars;

    private Catalog(List<Entry> entries, PluginDirectory.Contents jars) {
        this.jars = jars;
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
            plugin.factories().forEach(factory -> entries.add(new Entry(plugin.id(), factory, Optional.empty())));
        }
        return new Catalog(entries, PluginDirectory.Contents.NONE);
    }

    /**
     * The gateway's own types and those of a plugin directory. A plugin that this catalog has already and whose files have
     * not changed is kept as it is.
     *
     * @throws IOException when the directory can't be listed
     */
    public Catalog with(Path directory) throws IOException {
        List<Entry> entries = own();
        Map<String, String> taken = new TreeMap<>();
        entries.forEach(entry -> taken.put(entry.factory().type(), entry.plugin()));
        PluginDirectory.Contents found = PluginDirectory.load(directory, taken, jars.loaded());
        for (LoadedPlugin plugin : found.loaded()) {
            plugin.factories().forEach(factory -> entries.add(new Entry(plugin.id(), factory, Optional.of(plugin))));
        }
        return new Catalog(entries, found);
    }

    /** The gateway's own types alone. */
    public Catalog withoutJars() {
        return jars.loaded().isEmpty() && jars.refused().isEmpty()
                ? this
                : new Catalog(own(), PluginDirectory.Contents.NONE);
    }

    private List<Entry> own() {
        return new ArrayList<>(
                byType.values().stream().filter(entry -> entry.jar().isEmpty()).toList());
    }

    /** Plugins of the directory that are loaded, by id. */
    public List<LoadedPlugin> loaded() {
        return jars.loaded();
    }

    /** Plugins of the directory that are not, and why. */
    public List<PluginDirectory.Refused> refused() {
        return jars.refused();
    }

    /** The factory of a type. */
    public Optional<Factory<?>> find(String type) {
        return entry(type).map(Entry::factory);
    }

    /** A type. */
    public Optional<Entry> entry(String type) {
        return Optional.ofNullable(byType.get(type));
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
     * @param jar what it was loaded from; empty for the gateway's own
     */
    public record Entry(String plugin, Factory<?> factory, Optional<LoadedPlugin> jar) {}
}
