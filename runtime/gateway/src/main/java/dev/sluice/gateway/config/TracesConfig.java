package dev.sluice.gateway.config;

import dev.sluice.spi.ConfigException;
import dev.sluice.spi.Default;
import dev.sluice.spi.Doc;
import dev.sluice.spi.Range;
import java.net.URI;
import java.net.URISyntaxException;
import java.time.Duration;
import java.util.Optional;

/** Where traces go: OTLP over HTTP. */
public record TracesConfig(
        @Doc("The collector's URL for traces, such as `http://collector:4318/v1/traces` (OTLP over HTTP, protobuf).")
        String endpoint,

        @Doc("Share of the requests whose traces are sent, 0 to 1. Those that fail and those that are slow are sent"
                + " beside them.")
        @Default("0.01")
        @Range(min = 0, max = 1)
        double sample,

        @Doc("A request that takes so long is slow.") @Default("5s") @Range(min = 0)
        Duration slow,

        @Doc("Whether a client's `traceparent` decides for its request, in the place of `sample`. Its trace goes on in"
                + " any case.")
        @Default("true")
        boolean parentBased,

        @Doc("Sent to the collector as Bearer.") Optional<SecretText> credential,

        @Doc("`service.name` of the spans.") @Default("sluice")
        String service) {
    /** Refuses what no collector is at. */
    public TracesConfig {
        URI uri;
        try {
            uri = new URI(endpoint);
        } catch (URISyntaxException e) {
            throw new ConfigException("endpoint is not a URL: " + e.getReason());
        }
        boolean http = "http".equals(uri.getScheme()) || "https".equals(uri.getScheme());
        if (!http || uri.getHost() == null || uri.getUserInfo() != null) {
            throw new ConfigException("endpoint must be a URL such as http://collector:4318/v1/traces");
        }
        if (uri.getPort() == 4317) {
            throw new ConfigException(
                    "endpoint: port 4317 is that of OTLP over gRPC, which is not spoken; collectors take OTLP over HTTP on"
                            + " port 4318, at /v1/traces");
        }
        if (sample < 0 || sample > 1) {
            throw new ConfigException("sample must be 0 to 1, is " + sample);
        }
    }
}
