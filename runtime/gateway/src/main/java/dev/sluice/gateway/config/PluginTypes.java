package dev.sluice.gateway.config;

import dev.sluice.gateway.plugin.PluginDirectory;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Finds a configuration's plugin directory before anything else of it is read, because the rest may name its types. A
 * plugin that can't be loaded is a warning; it is an error only where the configuration needs what it would have brought.
 */
final class PluginTypes {
    private final Reading at;
    private final Overrides overrides;

    PluginTypes(Reading top, Overrides overrides) {
        this.at = top.key("plugins").key("directory");
        this.overrides = overrides;
    }

    Catalog of(Optional<Node> root, Catalog catalog) {
        Optional<Node> written = root.flatMap(node -> value(node, "plugins")).flatMap(node -> value(node, "directory"));
        Optional<Path> directory = overrides
                .plugins()
                .or(() -> written.filter(node -> node instanceof Node.Scalar)
                        .map(node -> at.resolve(((Node.Scalar) node).text())));
        if (directory.isEmpty()) {
            return catalog.withoutJars();
        }
        Position position =
                written.map(Node::at).orElse(Position.start(at.file().toString()));
        at.problems().read(directory.get());
        try {
            Catalog with = catalog.with(directory.get());
            for (PluginDirectory.Refused refused : with.refused()) {
                at.problems()
                        .warning(position, at.path(), "plugin " + refused.id() + " is refused: " + refused.reason());
            }
            return with;
        } catch (IOException unreadable) {
            at.error(position, "there is no directory " + directory.get() + " that can be listed");
            return catalog.withoutJars();
        }
    }

    private static Optional<Node> value(Node node, String key) {
        return node instanceof Node.Mapping mapping ? mapping.find(key).map(Node.Entry::value) : Optional.empty();
    }
}
