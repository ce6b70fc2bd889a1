package dev.sluice.gateway.config;

import java.nio.file.Path;
import java.util.Optional;

/** The policy of pools that name none: the best we know, built from the same plugins as anyone's. */
public final class DefaultRouting {
    private static final String YAML = """
            plugins:
              - {type: decode-filter}
              - {type: least-work-scorer}
              - {type: max-score-picker}
            schedulingProfiles:
              - name: default
                plugins: [{pluginRef: decode-filter}, {pluginRef: least-work-scorer}, {pluginRef: max-score-picker}]
            """;

    private static final String SPLIT = """
            plugins:
              - {type: decode-filter}
              - {type: prefill-filter}
              - {type: least-work-scorer}
              - {type: max-score-picker}
              - {type: least-work-pd-decider}
              - {type: disagg-profile-handler, parameters: {deciders: {prefill: least-work-pd-decider}}}
            schedulingProfiles:
              - name: decode
                plugins: [{pluginRef: decode-filter}, {pluginRef: least-work-scorer}, {pluginRef: max-score-picker}]
              - name: prefill
                plugins: [{pluginRef: prefill-filter}, {pluginRef: least-work-scorer}, {pluginRef: max-score-picker}]
            """;

    private DefaultRouting() {}

    /**
     * The policy, with the parameters' defaults.
     *
     * @throws IllegalStateException when the catalog lacks one of its types
     */
    public static RoutingConfig of(Catalog catalog) {
        return read(catalog, YAML);
    }

    /** The same for pools whose engines move KV: where prompts are computed is chosen together with where answers are made. */
    public static RoutingConfig split(Catalog catalog) {
        return read(catalog, SPLIT);
    }

    private static RoutingConfig read(Catalog catalog, String yaml) {
        Problems problems = new Problems(name -> Optional.empty());
        Reading at = new Reading("", Path.of("default routing"), problems);
        return Yaml.read("default routing", yaml, problems)
                .flatMap(node -> new RoutingForm(catalog).read(node, at))
                .filter(routing -> problems.none())
                .orElseThrow(() -> new IllegalStateException("default routing: " + problems.errors()));
    }
}
