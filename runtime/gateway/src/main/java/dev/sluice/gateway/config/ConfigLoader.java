package dev.sluice.gateway.config;

import dev.sluice.spi.Role;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Optional;
import java.util.function.Function;

/**
 * Reads a Gateway configuration, or llm-d's {@code EndpointPickerConfig}: header, values, references, included files.
 * Nothing is thrown for what a file says: {@link Loaded#errors()} holds all of it.
 */
public final class ConfigLoader {
    private static final Path NO_FILE = Path.of("llm-d's default");

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
        return loaded(
                top,
                top.content(file, new Node.Scalar(start, "", Node.Kind.TEXT))
                        .flatMap(text -> Yaml.read(file.toString(), text, problems)),
                catalog,
                overrides);
    }

    /** What llm-d's picker does without a configuration, for the engines of {@link Overrides#endpoints}. */
    public Loaded loadNothing(Catalog catalog, Overrides overrides) {
        return loadText(NO_FILE, Picker.BLEND, catalog, overrides);
    }

    /**
     * Loads what was given as text: nothing is written, so it needs no file system that can be written to.
     *
     * @param name what messages call it; relative paths in it are relative to the folder that this names
     */
    public Loaded loadText(Path name, String text, Catalog catalog, Overrides overrides) {
        Problems problems = new Problems(environment);
        Reading top = new Reading("", name, problems);
        return loaded(top, Yaml.read(name.toString(), text, problems), catalog, overrides);
    }

    private static Loaded loaded(Reading top, Optional<Node> root, Catalog catalog, Overrides overrides) {
        Problems problems = top.problems();
        Catalog types = new PluginTypes(top, overrides).of(root, catalog);
        Optional<GatewayConfig> config = root.flatMap(node -> PickerForm.isOne(node)
                        ? new PickerForm(types).read(node, top).flatMap(picker -> PickerGateway.of(picker, top, types))
                        : gateway(node, top, types))
                .map(read -> overrides.applied(read, top))
                .map(read -> {
                    new CrossChecks(read, top).run();
                    return read;
                });
        return new Loaded(
                top.file(),
                problems.none() ? config : Optional.empty(),
                problems.errors(),
                problems.warnings(),
                problems.files(),
                problems.positions(),
                types);
    }

    private static Optional<GatewayConfig> gateway(Node root, Reading top, Catalog catalog) {
        return Header.stripped(root, "Gateway", Header.OWN_VERSIONS, top)
                .flatMap(node -> new Binder(codecs(catalog)).bind(GatewayConfig.class, node, top));
    }

    /** Everything a Gateway configuration may hold. */
    static Codecs codecs(Catalog catalog) {
        return Codecs.common()
                .with(RoutingConfig.class, new RoutingForm(catalog))
                .with(Models.class, new Models.Form())
                .with(Adapters.class, new Adapters.Form())
                .with(Concurrency.class, new Concurrency.Form())
                .with(ConnectorConfig.class, new ConnectorForm(catalog))
                .with(SessionSource.class, new SessionSource.Form())
                .with(HttpUrl.class, new HttpUrl.Form())
                .with(KvAddress.class, new KvAddress.Form())
                .with(KvAddress.Replay.class, new KvAddress.Replay.Form())
                .with(Port.class, new Port.Form())
                .with(KeyHash.class, new KeyHash.Form())
                .with(ClaimValues.class, new ClaimValues.Form())
                .with(Instant.class, new InstantForm())
                .with(Pem.class, new Pem.Form())
                .with(Role.class, new RoleForm());
    }
}
