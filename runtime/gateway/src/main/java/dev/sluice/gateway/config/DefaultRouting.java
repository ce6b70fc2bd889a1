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

    private DefaultRouting() {}

    /**
     * The policy, with the parameters' defaults.
     *
     * @throws IllegalStateException when the catalog lacks one of its types
     */
    public static RoutingConfig of(Catalog catalog) {
        Problems problems = new Problems(name -> Optional.empty());
        Reading at = new Reading("", Path.of("default routing"), problems);
        return Yaml.read("default routing", YAML, problems)
                .flatMap(node -> new RoutingForm(catalog).read(node, at))
                .filter(routing -> problems.none())
                .orElseThrow(() -> new IllegalStateException("default routing: " + problems.errors()));
    }
}
