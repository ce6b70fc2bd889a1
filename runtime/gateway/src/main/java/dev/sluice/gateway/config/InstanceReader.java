package dev.sluice.gateway.config;

import dev.sluice.gateway.plugin.PluginDirectory;
import dev.sluice.spi.Factory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * Entries under {@code plugins:} to instances that can be made. A type of the catalog is made by its factory; what llm-d
 * calls by another name, does by a plugin where Sluice needs none, or has and Sluice has not, is looked up in
 * {@link LlmdTypes}. Nothing is left out in silence: it is an error or a warning.
 */
final class InstanceReader {
    private final Catalog catalog;
    private final Binder parameters = new Binder(Codecs.common());
    private final List<RoutingConfig.PluginEntry> made = new ArrayList<>();
    private final Map<String, Node> written = new LinkedHashMap<>();
    private final Map<String, Instances.Served> served = new LinkedHashMap<>();
    private final Map<String, String> types = new LinkedHashMap<>();

    private InstanceReader(Catalog catalog) {
        this.catalog = catalog;
    }

    /** Binds the rows. */
    static Instances read(Catalog catalog, List<RoutingRows.PluginRow> rows, Reading at) {
        InstanceReader reader = new InstanceReader(catalog);
        for (int i = 0; i < rows.size(); i++) {
            reader.row(rows.get(i), at.item(i));
        }
        boolean complete = reader.made.size() + reader.served.size() == rows.size();
        return new Instances(List.copyOf(reader.made), reader.written, reader.served, reader.types, complete);
    }

    /** An instance with the defaults of its type. */
    static <C extends Record> Optional<RoutingConfig.PluginEntry> plain(Factory<C> factory, Position at) {
        Reading nowhere = new Reading("", Path.of(at.file()), new Problems(name -> Optional.empty()));
        return new Binder(Codecs.common())
                .bind(factory.config(), new Node.Mapping(at, List.of()), nowhere)
                .map(defaults -> new RoutingConfig.PluginEntry(
                        factory.type(), new RoutingConfig.Maker<>(factory, defaults), "", at));
    }

    private void row(RoutingRows.PluginRow row, Reading at) {
        if (types.putIfAbsent(row.instance(), row.type()) != null) {
            at.problems().errorAt(file(at), at.path(), "there is another plugin named " + row.instance());
            return;
        }
        Optional<LlmdType> known = LlmdTypes.find(row.type());
        String current = known.flatMap(LlmdType::alias).orElse(row.type());
        Optional<Factory<?>> own = catalog.find(row.type());
        Optional<Factory<?>> factory = own.or(() -> catalog.find(current));
        if (factory.isPresent()) {
            if (own.isEmpty()) {
                warn(at.key("type"), row.type() + " is an old name: it is " + current + " now");
            }
            if (known.isPresent()
                    && known.get().state() instanceof LlmdType.NoEffect none
                    && catalog.entry(current).flatMap(Catalog.Entry::jar).isEmpty()) {
                warn(at.key("type"), row.type() + " has no effect: " + none.why());
            }
            Node given = known(row.parameters().node(), factory.get(), current, at.key("parameters"));
            written.put(row.instance(), given);
            Position position = at.problems().position(file(at), at.path());
            maker(factory.get(), given, at.key("parameters"))
                    .ifPresent(maker ->
                            made.add(new RoutingConfig.PluginEntry(row.instance(), maker, at.path(), position)));
        } else if (known.isPresent()) {
            without(row, known.get().current(), at);
        } else {
            error(
                    at.key("type"),
                    "unknown plugin type \"" + row.type() + "\"" + Nearest.hint(row.type(), catalog.types())
                            + notLoaded());
        }
    }

    /** A type of llm-d's that no factory makes. */
    private void without(RoutingRows.PluginRow row, LlmdType type, Reading at) {
        String now = type.name().equals(row.type()) ? row.type() : row.type() + " (" + type.name() + " now)";
        switch (type.state()) {
            case LlmdType.Gateway gateway -> serve(row, type, gateway.parameters(), at);
            case LlmdType.NoEffect none -> {
                warn(at.key("type"), now + " has no effect: " + none.why());
                serve(row, type, none.parameters(), at);
            }
            case LlmdType.Later later ->
                error(at.key("type"), now + " is not supported yet: it comes with " + later.with());
            case LlmdType.Refused refused -> error(at.key("type"), now + " is not supported: " + refused.why());
            case LlmdType.BuiltIn _, LlmdType.Alias _ ->
                error(at.key("type"), now + " is not in this build of the gateway");
        }
    }

    private void serve(RoutingRows.PluginRow row, LlmdType type, Class<? extends Record> shape, Reading at) {
        parameters
                .bind(shape, row.parameters().node(), at.key("parameters"))
                .ifPresent(bound -> served.put(
                        row.instance(),
                        new Instances.Served(type, bound, row.parameters().node(), at)));
    }

    /** The parameters without those that llm-d takes, or took, and that would have no effect here. */
    private static Node known(Node node, Factory<?> factory, String type, Reading at) {
        if (!(node instanceof Node.Mapping mapping)) {
            return node;
        }
        List<String> own = Arrays.stream(factory.config().getRecordComponents())
                .map(component -> component.getName())
                .toList();
        List<Node.Entry> kept = new ArrayList<>();
        for (Node.Entry entry : mapping.entries()) {
            Optional<LlmdParameters.Odd> odd =
                    own.contains(entry.key()) ? Optional.empty() : LlmdParameters.odd(type, entry.key());
            Reading inside = at.key(entry.key());
            if (odd.isEmpty()) {
                kept.add(entry);
            } else if (odd.get().refused()) {
                inside.error(entry.at(), "is not supported: " + odd.get().why());
            } else {
                inside.problems()
                        .warning(
                                entry.at(),
                                inside.path(),
                                "has no effect: " + odd.get().why());
            }
        }
        return new Node.Mapping(mapping.at(), kept);
    }

    private <C extends Record> Optional<RoutingConfig.Maker<C>> maker(Factory<C> factory, Node node, Reading at) {
        return parameters.bind(factory.config(), node, at).map(bound -> new RoutingConfig.Maker<>(factory, bound));
    }

    private String notLoaded() {
        List<PluginDirectory.Refused> refused = catalog.refused();
        return refused.isEmpty()
                ? ""
                : "; " + refused.stream().map(PluginDirectory.Refused::id).collect(Collectors.joining(", "))
                        + (refused.size() == 1 ? " is a plugin" : " are plugins") + " that could not be loaded";
    }

    private static void error(Reading at, String message) {
        at.problems().errorAt(file(at), at.path(), message);
    }

    private static void warn(Reading at, String message) {
        at.problems().warningAt(file(at), at.path(), message);
    }

    private static String file(Reading at) {
        return at.file().toString();
    }
}
