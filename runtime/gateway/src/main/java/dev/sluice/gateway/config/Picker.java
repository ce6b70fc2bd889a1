package dev.sluice.gateway.config;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What an {@code EndpointPickerConfig} asks for.
 *
 * @param routing the policy
 * @param written parameters of its plugins as the file has them, by name
 * @param served types of its plugins that the gateway needs none for
 * @param connector how KV moves: by llm-d's sidecar when its handler splits requests, else not at all
 * @param flowControl the section as it is written, when its gate is on
 * @param policies of flow control, as they are written
 * @param endpoints the file that lists the engines, when it names one
 * @param metrics where the engines show their metrics, when it says so
 * @param tls how https engines are known, when it says that they are https
 * @param ca the file with their CA, when it names one
 * @param kvEvents where engines publish KV events, when it has a precise prefix cache
 */
record Picker(
        RoutingConfig routing,
        Map<String, Node> written,
        List<LlmdType> served,
        ConnectorConfig connector,
        Optional<Node> flowControl,
        List<Policy> policies,
        Optional<Path> endpoints,
        Optional<PoolConfig.MetricsPage> metrics,
        Optional<PoolConfig.Tls> tls,
        Optional<Path> ca,
        Optional<PoolConfig.KvEvents> kvEvents) {
    /** A policy of flow control. */
    record Policy(String name, String type, Node parameters) {}

    /** llm-d's choice where there is no configuration at all. */
    static final String BLEND = """
            kind: EndpointPickerConfig
            plugins: [{type: queue-scorer}, {type: kv-cache-utilization-scorer}, {type: prefix-cache-scorer}]
            schedulingProfiles:
              - name: default
                plugins:
                  - {pluginRef: queue-scorer, weight: 2}
                  - {pluginRef: kv-cache-utilization-scorer, weight: 2}
                  - {pluginRef: prefix-cache-scorer, weight: 3}
            """;

    /** True when it asks for something that is a pool's, not a policy's. */
    boolean hasPoolSettings() {
        return endpoints.isPresent() || metrics.isPresent() || tls.isPresent();
    }
}
