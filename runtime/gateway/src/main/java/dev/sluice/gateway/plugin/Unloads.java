package dev.sluice.gateway.plugin;

import java.lang.ref.WeakReference;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/** Plugins that were taken out of service, until their classes are gone. */
public final class Unloads {
    private static final System.Logger LOG = System.getLogger("dev.sluice.plugins");

    private record Gone(String id, String version, WeakReference<ClassLoader> loader) {}

    private final List<Gone> gone = new ArrayList<>();

    /**
     * A plugin that is still in memory.
     *
     * @param reason what may hold it
     */
    public record Remains(String id, String version, String reason) {}

    /** All instances of the plugin are closed: nothing of the gateway refers to it from now on. */
    public synchronized void unloaded(LoadedPlugin plugin) {
        gone.add(new Gone(plugin.id(), plugin.version(), new WeakReference<>(plugin.loader())));
        List<String> threads = threads(plugin.loader());
        if (!threads.isEmpty()) {
            LOG.log(
                    System.Logger.Level.WARNING,
                    "plugin {0} {1} is unloaded and has left threads running, which keep its memory: {2}",
                    plugin.id(),
                    plugin.version(),
                    String.join(", ", threads));
        }
    }

    /** What is not gone yet. */
    public synchronized List<Remains> remains() {
        gone.removeIf(plugin -> plugin.loader().get() == null);
        return gone.stream()
                .map(plugin -> {
                    ClassLoader loader = plugin.loader().get();
                    List<String> threads = loader == null ? List.of() : threads(loader);
                    return new Remains(
                            plugin.id(),
                            plugin.version(),
                            threads.isEmpty()
                                    ? "not collected yet"
                                    : "left threads running: " + String.join(", ", threads));
                })
                .toList();
    }

    /** Platform threads that carry the loader; a plugin's threads inherit it from whoever started them. */
    private static List<String> threads(ClassLoader loader) {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.isAlive()
                        && (loader.equals(thread.getContextClassLoader())
                                || loader.equals(thread.getClass().getClassLoader())))
                .map(Thread::getName)
                .sorted()
                .collect(Collectors.toList());
    }
}
