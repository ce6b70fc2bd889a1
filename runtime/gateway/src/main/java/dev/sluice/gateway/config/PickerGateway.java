package dev.sluice.gateway.config;

import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The gateway that an {@code EndpointPickerConfig} means: one pool, which serves whatever its engines list, by its policy.
 * It shows llm-d's series beside its own, because those who come from there have dashboards that read them.
 */
final class PickerGateway {
    private static final String SKELETON = """
        pools: [{name: default, models: discover, routing: default}]
        metrics: {compatibility: llm-d}
        """;

    private PickerGateway() {}

    static Optional<GatewayConfig> of(Picker picker, Reading top, Catalog catalog) {
        // What the skeleton's reading sees must not be taken for places in the user's file.
        Problems own = new Problems(name -> Optional.empty());
        Reading at = new Reading("", top.file(), own);
        GatewayConfig skeleton = Yaml.read("skeleton", SKELETON, own)
                .flatMap(node -> new Binder(ConfigLoader.codecs(catalog)).bind(GatewayConfig.class, node, at))
                .orElseThrow(() -> new IllegalStateException("skeleton: " + own.errors()));
        return Optional.of(new GatewayConfig(
                skeleton.server(),
                List.of(skeleton.pools().getFirst().by(picker)),
                Map.of("default", picker.routing()),
                Optional.empty(),
                skeleton.metrics(),
                skeleton.kvIndex(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty()));
    }
}
