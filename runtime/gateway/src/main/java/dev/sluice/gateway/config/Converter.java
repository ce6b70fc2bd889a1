package dev.sluice.gateway.config;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.Collectors;

/** Writes an {@code EndpointPickerConfig} as the Gateway configuration that routes the same. */
public final class Converter {
    private final StringBuilder out = new StringBuilder();

    private Converter() {}

    /**
     * What came of it.
     *
     * @param yaml present exactly when there are no errors
     * @param errors all of them
     * @param warnings what the file asks for and nothing comes of; they also stand in the YAML
     */
    public record Converted(Optional<String> yaml, List<ConfigError> errors, List<ConfigError> warnings) {}

    /**
     * Converts.
     *
     * @param endpoints the file that lists the engines, as it shall be named
     * @param catalog the types that there are
     */
    public static Converted convert(Path file, Optional<Path> endpoints, Catalog catalog) {
        Problems problems = new Problems(name -> Optional.ofNullable(System.getenv(name)));
        Reading top = new Reading("", file, problems);
        Optional<Picker> picker = top.content(
                        file, new Node.Scalar(Position.start(file.toString()), "", Node.Kind.TEXT))
                .flatMap(text -> Yaml.read(file.toString(), text, problems))
                .filter(root -> isOne(root, top))
                .flatMap(root -> new PickerForm(catalog).read(root, top));
        Optional<String> yaml = problems.none()
                ? picker.map(found -> new Converter().write(file, found, endpoints, problems.warnings()))
                : Optional.empty();
        return new Converted(yaml, problems.errors(), problems.warnings());
    }

    private static boolean isOne(Node root, Reading top) {
        if (!PickerForm.isOne(root)) {
            top.error(root, "is no EndpointPickerConfig: there is nothing to convert");
        }
        return PickerForm.isOne(root);
    }

    private String write(Path file, Picker picker, Optional<Path> endpoints, List<ConfigError> warnings) {
        line("# The routing of " + file + " as a Gateway configuration.");
        if (!picker.served().isEmpty()) {
            line("# Done without a plugin: "
                    + picker.served().stream()
                            .map(LlmdType::name)
                            .sorted(Comparator.naturalOrder())
                            .collect(Collectors.joining(", "))
                    + ".");
        }
        warnings.forEach(warning -> line("# " + warning.path() + ": " + warning.message()));
        line("apiVersion: sluice.dev/v1");
        line("kind: Gateway");
        pool(picker, endpoints.or(picker::endpoints));
        line("routing:");
        line("  default:");
        line("    plugins:");
        picker.routing().plugins().forEach(plugin -> plugin(plugin, picker));
        picker.policies().forEach(this::policy);
        profiles(picker.routing());
        picker.flowControl().ifPresent(section -> line("    flowControl: " + YamlText.of(asInLlmd(section))));
        line("metrics: {compatibility: llm-d}   # leave out once no dashboard reads llm-d's names");
        return out.toString();
    }

    private void pool(Picker picker, Optional<Path> endpoints) {
        line("pools:");
        line("  - name: default");
        line("    models: discover   # every name that an engine lists; a list serves these names only");
        line("    discovery: {file: "
                + YamlText.text(endpoints.map(Path::toString).orElse("endpoints.yaml")) + "}"
                + (endpoints.isEmpty() ? "   # the file that lists the engines" : ""));
        if (picker.connector().maker().isPresent()) {
            line(
                    "    connector: sidecar   # llm-d's, before each decode engine; without it: nixl, or another of docs/disaggregation.md");
        }
        picker.metrics()
                .ifPresent(page -> line("    metrics: {path: " + YamlText.text(page.path()) + port(page.port()) + "}"));
        picker.kvEvents()
                .ifPresent(ports -> line("    kvEvents: {port: " + ports.port() + ", replayPort: "
                        + ports.replayPort().orElse(0) + "}   # docs/precise-index.md"));
        picker.tls()
                .ifPresent(tls -> line(
                        tls.ca().isEmpty()
                                ? "    tls: {}"
                                : "    tls: {ca: {file: "
                                        + YamlText.text(
                                                picker.ca().orElseThrow().toString()) + "}}"));
        line(
                "    # Better: without this line, and without routing: below, the pool has the default policy. It rates an");
        line("    # engine by the milliseconds that a request adds there: docs/plugins.md, docs/routing-quality.md.");
        line("    routing: default");
    }

    private static String port(OptionalInt port) {
        return port.isPresent() ? ", port: " + port.getAsInt() : "";
    }

    private void plugin(RoutingConfig.PluginEntry plugin, Picker picker) {
        Advice.on(plugin.type()).ifPresent(better -> line("      # " + plugin.type() + ": " + better + "."));
        Optional<String> parameters = Optional.ofNullable(picker.written().get(plugin.name()))
                .filter(node -> node instanceof Node.Mapping mapping
                        && !mapping.entries().isEmpty())
                .map(YamlText::of);
        line("      - {type: " + plugin.type()
                + (plugin.name().equals(plugin.type()) ? "" : ", name: " + YamlText.text(plugin.name()))
                + parameters.map(text -> ", parameters: " + text).orElse("") + "}");
    }

    private void policy(Picker.Policy policy) {
        boolean plain = policy.parameters() instanceof Node.Mapping mapping
                && mapping.entries().isEmpty();
        line("      - {type: " + policy.type()
                + (policy.name().equals(policy.type()) ? "" : ", name: " + YamlText.text(policy.name()))
                + (plain ? "" : ", parameters: " + YamlText.of(policy.parameters())) + "}");
    }

    /** What llm-d has not is off there; here it is on unless it is said. */
    private static Node asInLlmd(Node section) {
        if (!(section instanceof Node.Mapping mapping)) {
            return section;
        }
        List<Node.Entry> entries = new ArrayList<>(mapping.entries());
        for (String ours : List.of("evictQueued", "refuseEarly")) {
            if (mapping.find(ours).isEmpty()) {
                entries.add(
                        new Node.Entry(mapping.at(), ours, new Node.Scalar(mapping.at(), "false", Node.Kind.TRUTH)));
            }
        }
        return new Node.Mapping(mapping.at(), entries);
    }

    private void profiles(RoutingConfig routing) {
        if (routing.schedulingProfiles().isEmpty()) {
            return;
        }
        line("    schedulingProfiles:");
        for (RoutingConfig.Profile profile : routing.schedulingProfiles()) {
            line("      - name: " + YamlText.text(profile.name()));
            line("        plugins:");
            for (RoutingConfig.Use use : profile.plugins()) {
                line("          - {pluginRef: " + YamlText.text(use.pluginRef())
                        + (use.weight() == 1 ? "" : ", weight: " + Measure.plain(use.weight())) + "}");
            }
        }
    }

    private void line(String text) {
        out.append(text).append('\n');
    }
}
