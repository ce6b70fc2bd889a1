package dev.sluice.gateway.config;

import dev.sluice.spi.Role;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Function;

/**
 * Reads a Gateway configuration: header, values, references, included files. Nothing is thrown for what a file says:
 * {@link Loaded#errors()} holds all of it.
 */
public final class ConfigLoader {
    private final Function<String, Optional<String>> environment;

    /** Takes secrets that are named {@code {env: NAME}} from this process's environment. */
    public ConfigLoader() {
        this(name -> Optional.ofNullable(System.getenv(name)));
    }

    /** Takes them from elsewhere. */
    public ConfigLoader(Function<String, Optional<String>> environment) {
        this.environment = environment;
    }

    /** Loads a file. */
    public Loaded load(Path file, Catalog catalog) {
        return load(file, catalog, Overrides.NONE);
    }

    /**
     * Loads a file and lets options of the command line win over it.
     *
     * @param catalog the gateway's own types, or the catalog in force, whose plugins are kept where nothing has changed
     */
    public Loaded load(Path file, Catalog catalog, Overrides overrides) {
        Problems problems = new Problems(environment);
        Position start = Position.start(file.toString());
        Reading top = new Reading("", file, problems);
        Optional<Node> root = top.content(file, new Node.Scalar(start, "", Node.Kind.TEXT))
                .flatMap(text -> Yaml.read(file.toString(), text, problems));
        Catalog types = new PluginTypes(top, overrides).of(root, catalog);
        Optional<GatewayConfig> config = root.flatMap(node -> bind(node, top, types, overrides));
        return new Loaded(
                file,
                problems.none() ? config : Optional.empty(),
                problems.errors(),
                problems.warnings(),
                problems.files(),
                problems.positions(),
                types);
    }

    private static Optional<GatewayConfig> bind(Node root, Reading top, Catalog catalog, Overrides overrides) {
        if (root instanceof Node.Mapping mapping
                && mapping.find("kind").map(Node.Entry::value).orElse(root) instanceof Node.Scalar kind
                && kind.text().equals("EndpointPickerConfig")) {
            return top.key("kind")
                    .error(
                            kind,
                            "an EndpointPickerConfig on its own is not supported yet: name it in a Gateway "
                                    + "configuration, as routing: {NAME: {file: PATH}}");
        }
        return Header.stripped(root, "Gateway", Header.OWN_VERSIONS, top)
                .flatMap(node -> new Binder(codecs(catalog)).bind(GatewayConfig.class, node, top))
                .map(config -> overrides.applied(config, top))
                .map(config -> {
                    new CrossChecks(config, top).run();
                    return config;
                });
    }

    /** Everything a Gateway configuration may hold. */
    static Codecs codecs(Catalog catalog) {
        return Codecs.common()
                .with(RoutingConfig.class, new RoutingForm(catalog))
                .with(Adapters.class, new Adapters.Form())
                .with(Concurrency.class, new Concurrency.Form())
                .with(ConnectorConfig.class, new ConnectorForm(catalog))
                .with(SessionSource.class, new SessionSource.Form())
                .with(HttpUrl.class, new HttpUrl.Form())
                .with(Pem.class, new Pem.Form())
                .with(Role.class, new RoleForm());
    }
}
