package dev.sluice.gateway.config;

import dev.sluice.spi.Factory;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** {@code none}, a connector's type, or its type with parameters. */
final class ConnectorForm implements Codec<ConnectorConfig> {
    private static final List<String> OWN =
            List.of("nixl", "shared-storage", "offloading", "lmcache", "mooncake", "sglang", "sidecar");

    private final Catalog catalog;
    private final Binder parameters = new Binder(Codecs.common());

    ConnectorForm(Catalog catalog) {
        this.catalog = catalog;
    }

    @Override
    public Optional<ConnectorConfig> read(Node node, Reading at) {
        if (node instanceof Node.Scalar scalar && scalar.kind() == Node.Kind.TEXT) {
            return scalar.text().equals("none")
                    ? Optional.of(ConnectorConfig.NONE)
                    : made(scalar, new Node.Mapping(node.at(), List.of()), at);
        }
        if (!(node instanceof Node.Mapping mapping)) {
            return at.expected("none, or {type: NAME}", node);
        }
        for (Node.Entry entry : mapping.entries()) {
            if (!entry.key().equals("type") && !entry.key().equals("parameters")) {
                return at.key(entry.key())
                        .error(entry.at(), "unknown key" + Nearest.hint(entry.key(), List.of("type", "parameters")));
            }
        }
        Node named = mapping.find("type").map(Node.Entry::value).orElse(node);
        if (!(named instanceof Node.Scalar scalar) || scalar.kind() != Node.Kind.TEXT) {
            return at.expected("none, or {type: NAME}", named);
        }
        Node given = mapping.find("parameters")
                .map(Node.Entry::value)
                .orElseGet(() -> new Node.Mapping(node.at(), List.of()));
        return made(scalar, given, at);
    }

    private Optional<ConnectorConfig> made(Node.Scalar type, Node given, Reading at) {
        Optional<Factory<?>> factory = catalog.find(type.text());
        if (factory.isEmpty()) {
            List<String> names = new ArrayList<>(OWN);
            names.add("none");
            return at.error(type, "unknown connector \"" + type.text() + "\"" + Nearest.hint(type.text(), names));
        }
        return bound(factory.get(), given, at.key("parameters"));
    }

    private <C extends Record> Optional<ConnectorConfig> bound(Factory<C> factory, Node given, Reading at) {
        return parameters
                .bind(factory.config(), given, at)
                .map(config -> new ConnectorConfig(Optional.of(new RoutingConfig.Maker<>(factory, config))));
    }

    @Override
    public String notation() {
        return "`none`, a connector's name, or `{type: NAME, parameters: {…}}`";
    }

    @Override
    public Map<String, Object> schema() {
        List<Object> forms = new ArrayList<>();
        List<String> names = new ArrayList<>();
        names.add("none");
        Schema records = new Schema(Codecs.common());
        for (Catalog.Entry entry : catalog.entries()) {
            String type = entry.factory().type();
            if (OWN.contains(type) || entry.jar().isPresent()) {
                names.add(type);
                Map<String, Object> form = new TreeMap<>();
                form.put("type", "object");
                form.put(
                        "properties",
                        Map.of(
                                "type",
                                Map.of("const", type),
                                "parameters",
                                records.record(entry.factory().config())));
                form.put("required", List.of("type"));
                form.put("additionalProperties", false);
                forms.add(form);
            }
        }
        forms.addFirst(Map.of("enum", names));
        return Map.of("oneOf", forms);
    }

    @Override
    public Object show(ConnectorConfig value) {
        if (value.maker().isEmpty()) {
            return "none";
        }
        Map<String, Object> shown = new LinkedHashMap<>();
        shown.put("type", value.type());
        shown.put(
                "parameters",
                new EffectiveConfig(Codecs.common()).tree(value.maker().get().parameters()));
        return shown;
    }
}
