package dev.sluice.app.bench;

import java.util.List;
import java.util.stream.Collectors;

/** What Envoy is told: the same with and without a picker, but for the picker. */
final class EnvoyConfig {
    private EnvoyConfig() {}

    /**
     * A configuration.
     *
     * @param answers how bodies of answers are sent to the picker; empty for no picker, and round robin over the backends
     */
    static String of(int port, String answers, String trailers, int picker, List<Integer> backends) {
        String engines = backends.stream()
                .map(backend -> "{endpoint: {address: {socket_address: {address: 127.0.0.1, port_value: " + backend + "}}}}")
                .collect(Collectors.joining(", "));
        String filter = answers.isEmpty() ? "" : """
                                  - name: envoy.filters.http.ext_proc
                                    typed_config:
                                      "@type": type.googleapis.com/envoy.extensions.filters.http.ext_proc.v3.ExternalProcessor
                                      grpc_service: {envoy_grpc: {cluster_name: picker}}
                                      message_timeout: 30s
                                      processing_mode: {request_header_mode: SEND, request_body_mode: FULL_DUPLEX_STREAMED, request_trailer_mode: SEND, response_header_mode: SEND, response_body_mode: %s, response_trailer_mode: %s}
                """.formatted(answers, trailers);
        return """
                static_resources:
                  listeners:
                    - address: {socket_address: {address: 127.0.0.1, port_value: %d}}
                      filter_chains:
                        - filters:
                            - name: envoy.filters.network.http_connection_manager
                              typed_config:
                                "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
                                stat_prefix: clients
                                route_config: {virtual_hosts: [{name: all, domains: ["*"], routes: [{match: {prefix: "/"}, route: {cluster: %s, timeout: 0s}}]}]}
                                http_filters:
                %s                  - name: envoy.filters.http.router
                                    typed_config: {"@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router}
                  clusters:
                    - {name: picked, type: ORIGINAL_DST, lb_policy: CLUSTER_PROVIDED, connect_timeout: 1s, original_dst_lb_config: {use_http_header: true, http_header_name: x-gateway-destination-endpoint}}
                    - {name: all, type: STATIC, connect_timeout: 1s, load_assignment: {cluster_name: all, endpoints: [{lb_endpoints: [%s]}]}}
                    - name: picker
                      type: STATIC
                      connect_timeout: 1s
                      typed_extension_protocol_options:
                        envoy.extensions.upstreams.http.v3.HttpProtocolOptions:
                          "@type": type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions
                          explicit_http_config: {http2_protocol_options: {}}
                      load_assignment: {cluster_name: picker, endpoints: [{lb_endpoints: [{endpoint: {address: {socket_address: {address: 127.0.0.1, port_value: %d}}}}]}]}
                """.formatted(port, answers.isEmpty() ? "all" : "picked", filter, engines, picker);
    }
}
