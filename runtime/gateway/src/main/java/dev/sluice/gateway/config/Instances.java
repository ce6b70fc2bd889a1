package dev.sluice.gateway.config;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What became of the entries under {@code plugins:}.
 *
 * @param made those that a factory will make, in the order of the file
 * @param written parameters of those as the file has them, by name; what has no effect is left out
 * @param served those that ask for what the gateway does by itself, by name, in the order of the file
 * @param types type by name, of all entries
 * @param complete false when an entry was wrong, which is then reported
 */
record Instances(
        List<RoutingConfig.PluginEntry> made,
        Map<String, Node> written,
        Map<String, Served> served,
        Map<String, String> types,
        boolean complete) {
    /**
     * An entry that no factory makes.
     *
     * @param type what llm-d calls it
     * @param parameters bound and checked
     * @param written the same as the file has them
     */
    record Served(LlmdType type, Record parameters, Node written, Reading at) {}

    /** Names of all entries, those that were wrong included, so that a reference to one is not a second error. */
    Set<String> names() {
        return types.keySet();
    }

    /** The parameters of the entries of one kind. */
    <R extends Record> List<R> parameters(Class<R> kind) {
        return served.values().stream()
                .map(Served::parameters)
                .filter(kind::isInstance)
                .map(kind::cast)
                .toList();
    }

    /** The profiles as they are put into force: what no factory makes is nothing that a profile could run. */
    List<RoutingConfig.Profile> profiles(List<RoutingRows.ProfileRow> rows, Reading at) {
        check(rows, at);
        List<RoutingConfig.Profile> profiles = new ArrayList<>();
        for (RoutingRows.ProfileRow row : rows) {
            profiles.add(new RoutingConfig.Profile(
                    row.name(),
                    row.plugins().stream()
                            .filter(use -> !served.containsKey(use.pluginRef()))
                            .map(use -> new RoutingConfig.Use(use.pluginRef(), use.weight()))
                            .toList()));
        }
        return List.copyOf(profiles);
    }

    private void check(List<RoutingRows.ProfileRow> profiles, Reading at) {
        Set<String> seen = new LinkedHashSet<>();
        for (int i = 0; i < profiles.size(); i++) {
            Reading profile = at.item(i);
            if (!seen.add(profiles.get(i).name())) {
                error(
                        profile.key("name"),
                        "there is another profile named " + profiles.get(i).name());
            }
            Map<String, Integer> used = new LinkedHashMap<>();
            for (int j = 0; j < profiles.get(i).plugins().size(); j++) {
                String reference = profiles.get(i).plugins().get(j).pluginRef();
                Reading use = profile.key("plugins").item(j).key("pluginRef");
                if (known(reference, use) && used.put(reference, j) != null) {
                    error(use, "stands twice in this profile");
                }
                Served gateway = served.get(reference);
                if (gateway != null) {
                    use.problems()
                            .warningAt(
                                    use.file().toString(),
                                    use.path(),
                                    gateway.type().name() + " is no filter, scorer or picker: no effect in a profile");
                }
            }
        }
    }

    /** Whether an entry has this name; reported when none has. */
    boolean known(String reference, Reading at) {
        if (!names().contains(reference)) {
            error(at, "there is no plugin named \"" + reference + "\"" + Nearest.hint(reference, names()));
        }
        return names().contains(reference);
    }

    /** The type of an entry. */
    Optional<String> type(String name) {
        return Optional.ofNullable(types.get(name));
    }

    private static void error(Reading at, String message) {
        at.problems().errorAt(at.file().toString(), at.path(), message);
    }
}
