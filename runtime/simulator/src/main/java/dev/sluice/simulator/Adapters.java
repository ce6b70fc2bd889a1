package dev.sluice.simulator;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;

/** The LoRA adapters of a server, and which of them its engine uses and wants. Thread-safe. */
final class Adapters {
    /** Where the stand-in finds no adapter, so that a failed load can be had. */
    private static final String NOWHERE = "/nonexistent";

    /**
     * One adapter.
     *
     * @param id counts from 1
     */
    record Adapter(int id, String name, String path) {}

    private final Map<String, Adapter> loaded = new LinkedHashMap<>();
    private final Map<Integer, String> names = new TreeMap<>();
    private final Map<String, Double> seen = new LinkedHashMap<>();
    private int ids;

    Adapters(List<String> loaded, Function<String, String> path) {
        for (var name : loaded) {
            add(name, path.apply(name));
        }
    }

    private void add(String name, String path) {
        var adapter = new Adapter(++ids, name, path);
        loaded.put(name, adapter);
        names.put(adapter.id(), name);
    }

    synchronized List<Adapter> all() {
        return new ArrayList<>(loaded.values());
    }

    synchronized Optional<Adapter> find(String name) {
        return Optional.ofNullable(loaded.get(name));
    }

    /** Loads one; throws in vLLM's words when it is there already, or nowhere. */
    synchronized void load(String name, String path, boolean inPlace) {
        if (loaded.containsKey(name) && !inPlace) {
            throw ApiException.invalidInput(
                    "The lora adapter '" + name
                            + "' has already been loaded. If you want to load the adapter in place, set 'load_inplace' to True.");
        }
        if (path.startsWith(NOWHERE)) {
            throw ApiException.notFound(
                    "Loading lora " + name + " failed: No adapter found for " + path, "NotFoundError", "");
        }
        add(name, path);
    }

    /** Unloads one; throws when there is none. What runs with it runs on. */
    synchronized void unload(String name) {
        if (loaded.remove(name) == null) {
            throw ApiException.notFound("The lora adapter '" + name + "' cannot be found.", "NotFoundError", "");
        }
    }

    /**
     * The labels of {@code lora_requests_info} and when each set of them was last true, seconds since the epoch; the newest is what
     * holds. As in vLLM, what was once true stays on the page.
     */
    synchronized Map<String, Double> requests(Engine engine, double now) {
        var used = !engine.runningLoras().isEmpty() || !engine.waitingLoras().isEmpty();
        if (used || !seen.isEmpty()) {
            seen.put(
                    "running_lora_adapters=\"" + list(engine.runningLoras()) + "\",waiting_lora_adapters=\""
                            + list(engine.waitingLoras()) + "\"",
                    now);
        }
        return new LinkedHashMap<>(seen);
    }

    /** An answer was computed with an adapter, even if nobody looked meanwhile. */
    synchronized void used(String name, double now) {
        seen.putIfAbsent("running_lora_adapters=\"" + name + "\",waiting_lora_adapters=\"\"", now);
    }

    private String list(Iterable<Integer> ids) {
        var words = new TreeSet<String>();
        ids.forEach(id -> words.add(names.getOrDefault(id, "" + id)));
        return String.join(",", words);
    }
}
