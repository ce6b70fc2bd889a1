package dev.sluice.gateway.config;

import java.util.List;
import java.util.Optional;

/** Reads llm-d's {@code EndpointPickerConfig}. */
final class PickerForm {
    private static final String DEPRECATED = "inference.networking.x-k8s.io/v1alpha1";

    private static final List<String> SPLITTERS = List.of("disagg-profile-handler", "pd-profile-handler");

    private final Catalog catalog;
    private final Binder binder = new Binder(Codecs.common()
            .with(RoutingRows.Parameters.class, new ParametersForm())
            .with(Quantity.class, new Quantity.Form()));

    PickerForm(Catalog catalog) {
        this.catalog = catalog;
    }

    /**
     * True for a file that is llm-d's: by its kind or version, or, when it has neither, by plugins that are a list where a
     * Gateway configuration has its plugin directory.
     */
    static boolean isOne(Node root) {
        if (!(root instanceof Node.Mapping mapping)) {
            return false;
        }
        Optional<String> kind = text(mapping, "kind");
        Optional<String> version = text(mapping, "apiVersion");
        if (kind.isPresent() || version.isPresent()) {
            return kind.map("EndpointPickerConfig"::equals)
                    .orElseGet(() -> Header.LLM_D_VERSIONS.contains(version.orElse(""))
                            && !Header.OWN_VERSIONS.contains(version.orElse("")));
        }
        return mapping.find("pools").isEmpty()
                && (mapping.find("schedulingProfiles").isPresent()
                        || mapping.find("plugins")
                                .filter(entry -> entry.value() instanceof Node.Sequence)
                                .isPresent());
    }

    private static Optional<String> text(Node.Mapping mapping, String key) {
        return mapping.find(key)
                .map(Node.Entry::value)
                .filter(value -> value instanceof Node.Scalar)
                .map(value -> ((Node.Scalar) value).text());
    }

    /** The configuration; empty when something is wrong, which is then reported. */
    Optional<Picker> read(Node root, Reading at) {
        if (root instanceof Node.Mapping mapping && text(mapping, "apiVersion").equals(Optional.of(DEPRECATED))) {
            Reading version = at.key("apiVersion");
            Position place = mapping.find("apiVersion").orElseThrow().value().at();
            version.problems().warning(place, version.path(), DEPRECATED + " is the old name of llm-d.ai/v1alpha1");
        }
        return Header.stripped(root, "EndpointPickerConfig", Header.LLM_D_VERSIONS, at)
                .flatMap(node -> binder.bind(PickerRows.class, node, at))
                .flatMap(rows -> picker(rows, section(root), at));
    }

    private static Optional<Node> section(Node root) {
        return root instanceof Node.Mapping mapping
                ? mapping.find("flowControl").map(Node.Entry::value)
                : Optional.empty();
    }

    private Optional<Picker> picker(PickerRows rows, Optional<Node> section, Reading at) {
        boolean flowControl = new FeatureGates(at.key("featureGates")).flowControl(rows.featureGates());
        Instances instances = InstanceReader.read(catalog, rows.plugins(), at.key("plugins"));
        List<RoutingConfig.Profile> profiles =
                instances.profiles(rows.schedulingProfiles(), at.key("schedulingProfiles"));
        new PickerSections(rows, instances, at).check(flowControl);
        PickerPool pool = new PickerPool(rows, instances, at);
        Optional<FlowConfig> flow = flowControl
                ? new FlowForm(catalog, instances, at.key("flowControl"))
                        .read(rows.flowControl().orElse(FlowRows.NONE), false)
                : Optional.empty();
        if (!instances.complete() || (flowControl && flow.isEmpty())) {
            return Optional.empty();
        }
        Optional<RoutingConfig> routing = instances.made().isEmpty()
                ? RoutingConfig.pickerAlone(catalog, Position.start(at.file().toString()))
                : Optional.of(new RoutingConfig(instances.made(), profiles));
        List<LlmdType> served = instances.served().values().stream()
                .map(Instances.Served::type)
                .filter(type -> FlowTypes.find(type.name()).isEmpty())
                .distinct()
                .toList();
        List<Picker.Policy> policies = instances.served().entrySet().stream()
                .filter(entry -> FlowTypes.find(entry.getValue().type().name()).isPresent())
                .map(entry -> new Picker.Policy(
                        entry.getKey(),
                        entry.getValue().type().name(),
                        entry.getValue().written()))
                .toList();
        return routing.map(policy -> new Picker(
                policy.with(flow),
                instances.written(),
                served,
                connector(policy, at),
                flowControl
                        ? Optional.of(section.orElse(
                                new Node.Mapping(Position.start(at.file().toString()), List.of())))
                        : Optional.empty(),
                policies,
                pool.endpoints(),
                pool.metrics(),
                pool.tls(),
                pool.ca(),
                PrecisePorts.of(instances)));
    }

    /** llm-d's engines that split requests, or fetch from others, have a sidecar, which is told by headers. */
    private ConnectorConfig connector(RoutingConfig policy, Reading at) {
        boolean told = policy.plugins().stream()
                .anyMatch(plugin ->
                        SPLITTERS.contains(plugin.type()) || plugin.type().equals("p2p-source-producer"));
        return told
                ? catalog.find("sidecar")
                        .flatMap(factory -> InstanceReader.plain(
                                factory, Position.start(at.file().toString())))
                        .map(instance -> new ConnectorConfig(Optional.of(instance.maker())))
                        .orElse(ConnectorConfig.NONE)
                : ConnectorConfig.NONE;
    }
}
