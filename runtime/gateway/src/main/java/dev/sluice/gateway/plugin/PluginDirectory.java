package dev.sluice.gateway.plugin;

import dev.sluice.spi.Factory;
import dev.sluice.spi.Plugin;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.ServiceConfigurationError;
import java.util.ServiceLoader;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Loads {@code <directory>/<id>/*.jar}. Each plugin stands or falls by itself: what is wrong with one is said, and the
 * others are loaded. Directories whose name begins with a dot are left alone, as Kubernetes keeps its own there.
 */
public final class PluginDirectory {
    private static final System.Logger LOG = System.getLogger("dev.sluice.plugins");
    private static final Pattern TYPE = Pattern.compile("[a-z0-9-]{1,63}");
    private static final Duration LOAD = Duration.ofSeconds(5);

    private final Map<String, String> takenTypes = new TreeMap<>();
    private final List<LoadedPlugin> loaded = new ArrayList<>();
    private final List<Refused> refused = new ArrayList<>();

    private PluginDirectory() {}

    /**
     * A plugin that is not loaded.
     *
     * @param id name of its directory
     * @param reason in words
     */
    public record Refused(String id, String reason) {}

    /** What a directory holds. */
    public record Contents(List<LoadedPlugin> loaded, List<Refused> refused) {
        /** Nothing. */
        public static final Contents NONE = new Contents(List.of(), List.of());

        /** Copies the lists. */
        public Contents {
            loaded = List.copyOf(loaded);
            refused = List.copyOf(refused);
        }
    }

    /**
     * Loads a directory.
     *
     * @param taken types that are taken already, with who has them
     * @param before what was loaded earlier: a plugin whose files have not changed is kept as it is
     * @throws IOException when the directory can't be listed
     */
    public static Contents load(Path directory, Map<String, String> taken, Collection<LoadedPlugin> before)
            throws IOException {
        PluginDirectory reading = new PluginDirectory();
        reading.takenTypes.putAll(taken);
        List<Path> plugins = directories(directory);
        // Those that were there before keep their types: a newcomer takes nothing away.
        List<Path> fresh = new ArrayList<>();
        for (Path plugin : plugins) {
            Optional<LoadedPlugin> same = unchanged(plugin, before);
            if (same.isPresent()
                    && reading.conflict(same.get().id(), same.get().factories()).isEmpty()) {
                reading.accept(same.get());
            } else {
                fresh.add(plugin);
            }
        }
        fresh.forEach(reading::tryLoad);
        reading.loaded.sort(Comparator.comparing(LoadedPlugin::id));
        return new Contents(reading.loaded, reading.refused);
    }

    private static List<Path> directories(Path directory) throws IOException {
        try (Stream<Path> entries = Files.list(directory)) {
            return entries.filter(Files::isDirectory)
                    .filter(path -> !name(path).startsWith("."))
                    .sorted(Comparator.comparing(PluginDirectory::name))
                    .toList();
        }
    }

    private static List<Path> jars(Path plugin) throws PluginRefused {
        try (Stream<Path> entries = Files.list(plugin)) {
            return entries.filter(path -> name(path).endsWith(".jar"))
                    .sorted(Comparator.comparing(PluginDirectory::name))
                    .toList();
        } catch (IOException unreadable) {
            throw new PluginRefused("its directory can't be read: " + unreadable.getMessage());
        }
    }

    private static String name(Path path) {
        return path.getFileName().toString();
    }

    private static Optional<LoadedPlugin> unchanged(Path plugin, Collection<LoadedPlugin> before) {
        Optional<LoadedPlugin> old =
                before.stream().filter(p -> p.id().equals(name(plugin))).findFirst();
        if (old.isEmpty()) {
            return old;
        }
        try {
            List<LoadedPlugin.Jar> now = new ArrayList<>();
            for (Path jar : jars(plugin)) {
                now.add(new LoadedPlugin.Jar(name(jar), JarBytes.hash(jar)));
            }
            return old.filter(p -> p.jars().equals(now));
        } catch (PluginRefused unreadable) {
            return Optional.empty();
        }
    }

    private void tryLoad(Path plugin) {
        String id = name(plugin);
        try {
            LoadedPlugin fresh = read(plugin, id);
            Optional<String> conflict = conflict(id, fresh.factories());
            if (conflict.isPresent()) {
                throw new PluginRefused(conflict.get());
            }
            accept(fresh);
        } catch (PluginRefused reason) {
            refused.add(new Refused(id, String.valueOf(reason.getMessage())));
            LOG.log(System.Logger.Level.WARNING, "plugin {0} is refused: {1}", id, reason.getMessage());
        }
    }

    private void accept(LoadedPlugin plugin) {
        plugin.factories().forEach(factory -> takenTypes.put(factory.type(), plugin.id()));
        loaded.add(plugin);
    }

    private Optional<String> conflict(String id, List<Factory<?>> factories) {
        return factories.stream()
                .map(Factory::type)
                .filter(takenTypes::containsKey)
                .findFirst()
                .map(type -> "brings the type " + type + ", which " + takenTypes.get(type) + " has already")
                .or(() ->
                        takenTypes.containsValue(id) ? Optional.of("there is another plugin " + id) : Optional.empty());
    }

    private static LoadedPlugin read(Path plugin, String id) throws PluginRefused {
        List<JarBytes> jars = new ArrayList<>();
        for (Path jar : jars(plugin)) {
            jars.add(JarBytes.read(jar));
        }
        if (jars.isEmpty()) {
            throw new PluginRefused("its directory holds no jar");
        }
        PluginManifest manifest = PluginManifest.of(id, jars);
        for (JarBytes jar : jars) {
            ClassCheck.check(jar);
        }
        PluginClassLoader loader = new PluginClassLoader(id, jars);
        return new LoadedPlugin(
                id,
                manifest.version(),
                manifest.spi().text(),
                jars.stream()
                        .map(jar -> new LoadedPlugin.Jar(jar.name(), jar.sha256()))
                        .toList(),
                loader,
                factories(manifest, loader),
                new Lane(id));
    }

    private static List<Factory<?>> factories(PluginManifest manifest, PluginClassLoader loader) throws PluginRefused {
        try {
            return Aside.call("plugin-" + manifest.id() + "-load", loader, LOAD, () -> ask(manifest, loader));
        } catch (TimeoutException late) {
            throw new PluginRefused("does not say within " + LOAD.toSeconds() + " s what it brings");
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
            throw new PluginRefused("loading was interrupted");
        } catch (ExecutionException failed) {
            Throwable cause = failed.getCause() == null ? failed : failed.getCause();
            throw new PluginRefused(
                    cause instanceof PluginRefused
                            ? String.valueOf(cause.getMessage())
                            : "fails with " + Aside.words(cause));
        }
    }

    /** Runs the plugin's code for the first time. */
    private static List<Factory<?>> ask(PluginManifest manifest, PluginClassLoader loader) throws PluginRefused {
        List<Plugin> plugins;
        try {
            plugins = ServiceLoader.load(Plugin.class, loader).stream()
                    .filter(provider -> provider.type().getClassLoader() == loader)
                    .map(ServiceLoader.Provider::get)
                    .toList();
        } catch (ServiceConfigurationError wrong) {
            Throwable cause = wrong.getCause();
            throw new PluginRefused("META-INF/services/" + Plugin.class.getName() + ": " + wrong.getMessage()
                    + (cause == null ? "" : ": " + Aside.words(cause)));
        }
        if (plugins.isEmpty()) {
            throw new PluginRefused("has no META-INF/services/" + Plugin.class.getName() + " that names a class");
        }
        Map<String, Factory<?>> byType = new TreeMap<>();
        for (Plugin plugin : plugins) {
            if (plugins.size() == 1 && !manifest.id().equals(plugin.id())) {
                throw new PluginRefused(
                        PluginManifest.ID + " is " + manifest.id() + ", but its code says " + plugin.id());
            }
            for (Factory<?> own : List.copyOf(plugin.factories())) {
                Factory<?> factory = LoadedFactory.of(manifest.id(), own, loader);
                String type = factory.type();
                if (type == null || !TYPE.matcher(type).matches()) {
                    throw new PluginRefused("type \"" + type + "\" is not of the form [a-z0-9-]+");
                } else if (factory.config() == null || !factory.config().isRecord()) {
                    throw new PluginRefused("the configuration of " + type + " is not a record");
                } else if (byType.put(type, factory) != null) {
                    throw new PluginRefused("brings the type " + type + " twice");
                }
            }
        }
        if (byType.isEmpty()) {
            throw new PluginRefused("brings no type");
        }
        return List.copyOf(byType.values());
    }
}
