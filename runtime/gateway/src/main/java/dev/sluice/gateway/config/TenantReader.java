package dev.sluice.gateway.config;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Reads one tenant file. Of a broken one, it saves who is meant: those are told that it is our side that fails. */
final class TenantReader {
    private final Problems problems = new Problems(name -> Optional.empty());
    private final Path path;
    private final GatewayConfig gateway;
    private final Binder binder;
    private final Reading top;

    TenantReader(Path path, GatewayConfig gateway, Catalog catalog) {
        this.path = path;
        this.gateway = gateway;
        this.binder = new Binder(ConfigLoader.codecs(catalog));
        this.top = new Reading("", path, problems);
    }

    TenantFile read(String text) {
        Optional<Node> root = Yaml.read(path.toString(), text, problems);
        Optional<TenantConfig> config = root.flatMap(node -> Header.stripped(node, "Tenant", Header.OWN_VERSIONS, top))
                .flatMap(node -> binder.bind(TenantConfig.class, node, top));
        config.ifPresent(read -> new TenantChecks(read, gateway, top).run());
        String tenant = config.map(TenantConfig::tenant)
                .orElseGet(() -> root.map(TenantReader::name).orElse(""));
        List<TenantConfig.Key> keys =
                config.map(TenantConfig::keys).orElseGet(() -> saved(root, "keys", TenantConfig.Key.class));
        List<TenantConfig.Match> match =
                config.map(TenantConfig::match).orElseGet(() -> saved(root, "match", TenantConfig.Match.class));
        return new TenantFile(
                path,
                tenant,
                problems.none() ? config : Optional.empty(),
                keys,
                match,
                problems.errors(),
                problems.warnings(),
                problems.positions());
    }

    private static String name(Node root) {
        return root instanceof Node.Mapping mapping
                        && mapping.find("tenant").map(Node.Entry::value).orElse(root) instanceof Node.Scalar scalar
                ? scalar.text()
                : "";
    }

    /** Rows that can be read; what is wrong with others has been reported already. */
    private <R extends Record> List<R> saved(Optional<Node> root, String name, Class<R> type) {
        Optional<Node> list = root.flatMap(node ->
                node instanceof Node.Mapping mapping ? mapping.find(name).map(Node.Entry::value) : Optional.empty());
        List<R> rows = new ArrayList<>();
        if (list.isPresent() && list.get() instanceof Node.Sequence sequence) {
            Reading aside = new Reading("", path, new Problems(unread -> Optional.empty()));
            sequence.items().forEach(row -> binder.bind(type, row, aside).ifPresent(rows::add));
        }
        return rows;
    }
}
