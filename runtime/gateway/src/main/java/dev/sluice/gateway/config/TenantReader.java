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
        List<TenantConfig.Key> keys = config.map(TenantConfig::keys)
                .orElseGet(() -> root.map(this::keys).orElse(List.of()));
        return new TenantFile(
                path,
                tenant,
                problems.none() ? config : Optional.empty(),
                keys,
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

    /** What is wrong with keys has been reported already. */
    private List<TenantConfig.Key> keys(Node root) {
        Optional<Node> list =
                root instanceof Node.Mapping mapping ? mapping.find("keys").map(Node.Entry::value) : Optional.empty();
        List<TenantConfig.Key> keys = new ArrayList<>();
        if (list.orElse(root) instanceof Node.Sequence rows) {
            Reading aside = new Reading("", path, new Problems(name -> Optional.empty()));
            rows.items()
                    .forEach(row ->
                            binder.bind(TenantConfig.Key.class, row, aside).ifPresent(keys::add));
        }
        return keys;
    }
}
