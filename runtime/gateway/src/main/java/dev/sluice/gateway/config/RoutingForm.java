package dev.sluice.gateway.config;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Policies, in place or as {@code {file: PATH}}; parameters are bound to the records of the factories they name. */
final class RoutingForm implements Codec<RoutingConfig> {
    private final Catalog catalog;
    private final Binder binder = new Binder(codecs());

    static Codecs codecs() {
        return Codecs.common()
                .with(RoutingRows.Parameters.class, new ParametersForm())
                .with(Quantity.class, new Quantity.Form());
    }

    RoutingForm(Catalog catalog) {
        this.catalog = catalog;
    }

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
                .flatMap(root -> new PickerForm(catalog).read(root, at.in(file)))
                .flatMap(picker -> policyOnly(picker, named, inside)));
    }

    private static Optional<RoutingConfig> policyOnly(Picker picker, Node named, Reading at) {
        return picker.hasPoolSettings()
                ? at.error(
                        named,
                        "its plugins also say where the engines or their metrics are, which belongs to the pool:"
                                + " discovery, metrics and tls of pools[]")
                : Optional.of(picker.routing());
    }

    private Optional<RoutingConfig> rows(Node node, Reading at) {
        return binder.bind(RoutingRows.class, node, at).flatMap(rows -> {
            Instances instances = InstanceReader.read(catalog, rows.plugins(), at.key("plugins"));
            List<RoutingConfig.Profile> profiles =
                    instances.profiles(rows.schedulingProfiles(), at.key("schedulingProfiles"));
            Optional<FlowConfig> flow = rows.flowControl()
                    .flatMap(section -> new FlowForm(catalog, instances, at.key("flowControl")).read(section, true));
            boolean whole = instances.complete()
                    && flow.isPresent() == rows.flowControl().isPresent();
            return whole ? Optional.of(new RoutingConfig(instances.made(), profiles, flow)) : Optional.empty();
        });
    }

    @Override
    public String notation() {
        return "a policy, or {file: PATH}";
    }

    @Override
    public Map<String, Object> schema() {
        return new Schema(codecs()).routing(catalog);
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
        value.flowControl().ifPresent(flow -> tree.put("flowControl", flow.shown()));
        return tree;
    }
}
