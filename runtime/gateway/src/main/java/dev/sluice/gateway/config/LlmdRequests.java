package dev.sluice.gateway.config;

import static dev.sluice.gateway.config.LlmdType.Kind.ADMITTER;
import static dev.sluice.gateway.config.LlmdType.Kind.PARSER;
import static dev.sluice.gateway.config.LlmdType.Kind.PRODUCER;
import static dev.sluice.gateway.config.LlmdType.Kind.REQUEST;
import static dev.sluice.gateway.config.LlmdType.Kind.RESPONSE;
import static dev.sluice.gateway.config.LlmdTypes.BUILT_IN;
import static dev.sluice.gateway.config.LlmdTypes.CLUSTERS;
import static dev.sluice.gateway.config.LlmdTypes.MULTIMODAL;
import static dev.sluice.gateway.config.LlmdTypes.REVISIONS;
import static dev.sluice.gateway.config.LlmdTypes.alpha;
import static dev.sluice.gateway.config.LlmdTypes.current;
import static dev.sluice.gateway.config.LlmdTypes.deprecated;
import static dev.sluice.gateway.config.LlmdTypes.nowCalled;
import static dev.sluice.gateway.config.LlmdTypes.refused;

import java.util.List;

/** What runs before and after scheduling: producers, admitters, processors of headers and bodies, parsers. */
final class LlmdRequests {
    private static final String NEGATIVE =
            "it refuses only requests of negative priority, and priorities come with tenants";
    private static final String HEADERS =
            "what a split request needs is the connector's affair: sidecar sets x-prefiller-host-port";
    private static final String ALL_ROUTES =
            "routes of all APIs that Sluice knows are open, whichever parsers are named";

    static final List<LlmdType> TYPES = List.of(
            current(PRODUCER, "approx-prefix-cache-producer", BUILT_IN),
            current(PRODUCER, "precise-prefix-cache-producer", BUILT_IN),
            alpha(PRODUCER, "multicluster-approx-prefix-cache-producer", CLUSTERS),
            alpha(
                    PRODUCER,
                    "burst-prefix-cache-producer",
                    refused("it delays requests to see what they share; here a request knows of those just before it")),
            current(PRODUCER, "inflight-load-producer", BUILT_IN),
            current(PRODUCER, "predicted-latency-producer", BUILT_IN),
            current(PRODUCER, "token-producer", BUILT_IN),
            deprecated(PRODUCER, "tokenizer", nowCalled("token-producer")),
            current(PRODUCER, "mm-embeddings-cache-producer", MULTIMODAL),
            current(PRODUCER, "session-id-producer", BUILT_IN),
            alpha(PRODUCER, "p2p-source-producer", BUILT_IN),
            alpha(PRODUCER, "latency-observer-producer-hub", CLUSTERS),
            current(ADMITTER, "latency-slo-admitter", new LlmdType.NoEffect(NEGATIVE)),
            current(ADMITTER, "probabilistic-admitter", new LlmdType.NoEffect(NEGATIVE)),
            alpha(REQUEST, "agent-identity", BUILT_IN),
            alpha(REQUEST, "disaggregatedset-rollout-screener", REVISIONS),
            deprecated(
                    REQUEST,
                    "disagg-headers-handler",
                    new LlmdType.Gateway(LlmdParameters.DisaggHeaders.class, HEADERS)),
            deprecated(
                    REQUEST,
                    "prefill-header-handler",
                    new LlmdType.Gateway(LlmdParameters.DisaggHeaders.class, HEADERS)),
            alpha(
                    REQUEST,
                    "dp-rank-header-handler",
                    refused("list each data-parallel rank as an endpoint of its own, port by port")),
            alpha(
                    REQUEST,
                    "models-responder",
                    new LlmdType.Gateway("GET /v1/models lists what all engines serve, adapters included")),
            current(
                    RESPONSE,
                    "request-attribute-reporter",
                    refused("usage is in the metrics and the access log, there is no expression language")),
            current(
                    RESPONSE,
                    "destination-endpoint-served-verifier",
                    refused("it is for conformance tests: a client would be told its server")),
            current(PARSER, "openai-parser", new LlmdType.Gateway(LlmdParameters.OpenAiParser.class, ALL_ROUTES)),
            current(PARSER, "anthropic-parser", new LlmdType.Gateway(ALL_ROUTES)),
            current(PARSER, "vllmhttp-parser", new LlmdType.Gateway(ALL_ROUTES)),
            current(
                    PARSER,
                    "passthrough-parser",
                    new LlmdType.NoEffect(
                            "bodies are read on every route, to find the model; a path that Sluice does not know is 404")),
            current(PARSER, "sglanghttp-parser", refused("Sluice has no route /generate")),
            current(PARSER, "vllmgrpc-parser", refused("Sluice speaks HTTP to engines, not vLLM's gRPC")),
            current(PARSER, "vertexai-parser", refused("Sluice has no Vertex AI routes")));

    private LlmdRequests() {}
}
