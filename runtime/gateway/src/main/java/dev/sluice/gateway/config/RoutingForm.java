package dev.sluice.gateway.config;

import dev.sluice.gateway.plugin.PluginDirectory;
import dev.sluice.spi.Default;
import dev.sluice.spi.Doc;
import dev.sluice.spi.Factory;
import dev.sluice.spi.Range;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/** Policies, in place or as {@code {file: PATH}}; parameters are bound to the records of the factories they name. */
final class RoutingForm implements Codec<RoutingConfig> {
    private final Catalog catalog;
    private final Binder binder;
    private final Binder parameters;

    RoutingForm(Catalog catalog) {
        this.catalog = catalog;
        Codecs common = Codecs.common();
        this.parameters = new Binder(common);
        this.binder = new Binder(Codecs.common().with(PluginRow.Parameters.class, new ParametersForm()));
    }

    @NotYet({"featureGates", "dataLayer", "flowControl", "requestHandler", "saturationDetector", "parser"})
    record Rows(
            @Doc("Instances of plugin types.") @Range(min = 1)
            List<PluginRow> plugins,

            @Doc("What runs for a request. Absent: one profile of all plugins.") @Default("[]")
            List<ProfileRow> schedulingProfiles) {}

    record PluginRow(
            @Doc("A plugin type.") String type,
            @Doc("Unique in the policy. Absent: the type.") Optional<String> name,
            @Doc("Parameters of the type.") @Default("{}") Parameters parameters) {
        /** Not bound before the type is known. */
        record Parameters(Node node) {}
    }

    record ProfileRow(
            @Doc("Unique in the policy.") String name,

            @Doc("What it is made of, in this order.") @Range(min = 1)
            List<UseRow> plugins) {}

    record UseRow(
            @Doc("Name of an instance under `plugins`.") String pluginRef,

            @Doc("Of a scorer.") @Default("1") @Range(min = 0, max = 1_000_000)
            double weight) {}

    @Override
    public Optional<RoutingConfig> read(Node node, Reading at) {
        if (node instanceof Node.Mapping mapping
                && mapping.entries().size() == 1
                && mapping.find("file").isPresent()) {
            return file(mapping.entries().getFirst().value(), at);
        }
        return rows(node, at);
    }

    private Optional<RoutingConfig> file(Node named, Reading at) {
        Reading inside = at.key("file");
        inside.seen(named);
        Optional<Path> path = new Paths().read(named, inside);
        return path.flatMap(file -> inside.content(file, named)
                .flatMap(text -> Yaml.read(file.toString(), text, at.problems()))
                .flatMap(root -> Header.stripped(root, "EndpointPickerConfig", Header.LLM_D_VERSIONS, at.in(file)))
                .flatMap(root -> rows(root, at.in(file))));
    }

    private Optional<RoutingConfig> rows(Node node, Reading at) {
        return binder.bind(Rows.class, node, at).flatMap(rows -> {
            List<RoutingConfig.PluginEntry> entries = new ArrayList<>();
            Set<String> names = new HashSet<>();
            for (int i = 0; i < rows.plugins.size(); i++) {
                PluginRow row = rows.plugins.get(i);
                Reading inside = at.key("plugins").item(i);
                String name = row.name.orElse(row.type);
                if (!names.add(name)) {
                    inside.problems().errorAt(file(at), inside.path(), "there is another plugin named " + name);
                }
                entry(row, name, inside).ifPresent(entries::add);
            }
            profiles(rows.schedulingProfiles, names, at.key("schedulingProfiles"));
            List<RoutingConfig.Profile> profiles = rows.schedulingProfiles.stream()
                    .map(row -> new RoutingConfig.Profile(
                            row.name,
                            row.plugins.stream()
                                    .map(use -> new RoutingConfig.Use(use.pluginRef, use.weight))
                                    .toList()))
                    .toList();
            return entries.size() == rows.plugins.size()
                    ? Optional.of(new RoutingConfig(List.copyOf(entries), profiles))
                    : Optional.empty();
        });
    }

    private Optional<RoutingConfig.PluginEntry> entry(PluginRow row, String name, Reading at) {
        Optional<Factory<?>> factory = catalog.find(row.type);
        if (factory.isEmpty()) {
            String path = at.key("type").path();
            at.problems()
                    .errorAt(
                            file(at),
                            path,
                            "unknown plugin type \"" + row.type + "\"" + Nearest.hint(row.type, catalog.types())
                                    + refused());
            return Optional.empty();
        }
        Position position = at.problems().position(file(at), at.path());
        return maker(factory.get(), row.parameters.node(), at.key("parameters"))
                .map(maker -> new RoutingConfig.PluginEntry(name, maker, at.path(), position));
    }

    private String refused() {
        List<PluginDirectory.Refused> refused = catalog.refused();
        return refused.isEmpty()
                ? ""
                : "; " + refused.stream().map(PluginDirectory.Refused::id).collect(Collectors.joining(", "))
                        + (refused.size() == 1 ? " is a plugin" : " are plugins") + " that could not be loaded";
    }

    private <C extends Record> Optional<RoutingConfig.Maker<C>> maker(Factory<C> factory, Node node, Reading at) {
        return parameters.bind(factory.config(), node, at).map(bound -> new RoutingConfig.Maker<>(factory, bound));
    }

    private static void profiles(List<ProfileRow> profiles, Collection<String> names, Reading at) {
        Set<String> seen = new HashSet<>();
        for (int i = 0; i < profiles.size(); i++) {
            Reading profile = at.item(i);
            if (!seen.add(profiles.get(i).name)) {
                profile.problems()
                        .errorAt(
                                file(at),
                                profile.key("name").path(),
                                "there is another profile named " + profiles.get(i).name);
            }
            Set<String> used = new HashSet<>();
            for (int j = 0; j < profiles.get(i).plugins.size(); j++) {
                String reference = profiles.get(i).plugins.get(j).pluginRef;
                String path = profile.key("plugins").item(j).key("pluginRef").path();
                if (!names.contains(reference)) {
                    at.problems()
                            .errorAt(
                                    file(at),
                                    path,
                                    "there is no plugin named \"" + reference + "\"" + Nearest.hint(reference, names));
                } else if (!used.add(reference)) {
                    at.problems().errorAt(file(at), path, "stands twice in this profile");
                }
            }
        }
    }

    private static String file(Reading at) {
        return at.file().toString();
    }

    @Override
    public String notation() {
        return "a policy, or {file: PATH}";
    }

    @Override
    public Map<String, Object> schema() {
        return new Schema(Codecs.common()).routing(catalog);
    }

    @Override
    public Object show(RoutingConfig value) {
        EffectiveConfig effective = new EffectiveConfig(Codecs.common());
        List<Object> plugins = new ArrayList<>();
        for (RoutingConfig.PluginEntry entry : value.plugins()) {
            Map<String, Object> row = new LinkedHashMap<>();
            row.put("type", entry.type());
            row.put("name", entry.name());
            row.put("parameters", effective.tree(entry.parameters()));
            plugins.add(row);
        }
        Map<String, Object> tree = new LinkedHashMap<>();
        tree.put("plugins", plugins);
        tree.put(
                "schedulingProfiles",
                value.schedulingProfiles().stream().map(effective::tree).toList());
        return tree;
    }

    private static final class ParametersForm implements Codec<PluginRow.Parameters> {
        @Override
        public Optional<PluginRow.Parameters> read(Node node, Reading at) {
            return Optional.of(new PluginRow.Parameters(node));
        }

        @Override
        public String notation() {
            return "parameters of the type";
        }

        @Override
        public Map<String, Object> schema() {
            return Map.of("type", "object");
        }
    }
}
