package dev.sluice.gateway.trace;

import dev.sluice.core.Usage;
import dev.sluice.gateway.config.TracesConfig;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.common.AttributesBuilder;
import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.api.trace.SpanId;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.TraceFlags;
import io.opentelemetry.api.trace.TraceId;
import io.opentelemetry.api.trace.TraceState;
import io.opentelemetry.exporter.otlp.http.trace.OtlpHttpSpanExporter;
import io.opentelemetry.exporter.otlp.http.trace.OtlpHttpSpanExporterBuilder;
import io.opentelemetry.sdk.common.InstrumentationScopeInfo;
import io.opentelemetry.sdk.resources.Resource;
import io.opentelemetry.sdk.trace.data.EventData;
import io.opentelemetry.sdk.trace.data.LinkData;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.data.StatusData;
import io.opentelemetry.sdk.trace.export.SpanExporter;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;

/**
 * Makes spans of requests that have ended and sends them by OTLP. Names are those of OpenTelemetry's semantic conventions where
 * there are any (HTTP; GenAI, which is still being developed), and begin with {@code sluice.} where not.
 */
final class OtlpExport implements Export {
    private static final Duration TIMEOUT = Duration.ofSeconds(10);
    private static final int CLOSE_S = 2;

    private static final AttributeKey<String> ID = AttributeKey.stringKey("sluice.id");
    private static final AttributeKey<String> TENANT = AttributeKey.stringKey("sluice.tenant");
    private static final AttributeKey<String> POOL = AttributeKey.stringKey("sluice.pool");
    private static final AttributeKey<String> OUTCOME = AttributeKey.stringKey("sluice.outcome");
    private static final AttributeKey<String> ENDPOINT = AttributeKey.stringKey("sluice.endpoint");
    private static final AttributeKey<String> PREFILL = AttributeKey.stringKey("sluice.prefill_endpoint");
    private static final AttributeKey<Long> ATTEMPT = AttributeKey.longKey("sluice.attempt");
    private static final AttributeKey<Long> ATTEMPTS = AttributeKey.longKey("sluice.attempts");
    private static final AttributeKey<Long> PREDICTED = AttributeKey.longKey("sluice.predicted_cached_tokens");
    private static final AttributeKey<String> FALLBACK = AttributeKey.stringKey("sluice.decision_fallback");
    private static final AttributeKey<String> QUEUE = AttributeKey.stringKey("sluice.queue");

    private static final AttributeKey<String> METHOD = AttributeKey.stringKey("http.request.method");
    private static final AttributeKey<String> ROUTE = AttributeKey.stringKey("http.route");
    private static final AttributeKey<Long> STATUS = AttributeKey.longKey("http.response.status_code");
    private static final AttributeKey<String> ERROR = AttributeKey.stringKey("error.type");
    private static final AttributeKey<String> OPERATION = AttributeKey.stringKey("gen_ai.operation.name");
    private static final AttributeKey<String> MODEL = AttributeKey.stringKey("gen_ai.request.model");
    private static final AttributeKey<Long> MAX_TOKENS = AttributeKey.longKey("gen_ai.request.max_tokens");
    private static final AttributeKey<Long> INPUT = AttributeKey.longKey("gen_ai.usage.input_tokens");
    private static final AttributeKey<Long> OUTPUT = AttributeKey.longKey("gen_ai.usage.output_tokens");
    private static final AttributeKey<Long> CACHED = AttributeKey.longKey("gen_ai.usage.cache_read.input_tokens");

    private final SpanExporter exporter;
    private final Resource resource;
    private final InstrumentationScopeInfo scope;

    OtlpExport(TracesConfig config, String version) {
        OtlpHttpSpanExporterBuilder builder = OtlpHttpSpanExporter.builder()
                .setEndpoint(config.endpoint())
                .setTimeout(TIMEOUT)
                .setConnectTimeout(TIMEOUT);
        config.credential().ifPresent(secret -> builder.addHeader("authorization", "Bearer " + secret.value()));
        this.exporter = builder.build();
        this.resource = Resource.create(Attributes.of(
                AttributeKey.stringKey("service.name"),
                config.service(),
                AttributeKey.stringKey("service.version"),
                version));
        this.scope = InstrumentationScopeInfo.builder("dev.sluice.gateway")
                .setVersion(version)
                .build();
    }

    @Override
    public boolean send(List<Ended> batch) {
        List<SpanData> spans = new ArrayList<>(batch.size() * 4);
        batch.forEach(one -> new Spans(one).addTo(spans));
        return exporter.export(spans)
                .join(2 * TIMEOUT.toSeconds(), TimeUnit.SECONDS)
                .isSuccess();
    }

    @Override
    public void close() {
        exporter.shutdown().join(CLOSE_S, TimeUnit.SECONDS);
    }

    /** The spans of one request. */
    private final class Spans {
        private final Ended ended;
        private final Traceparent own;
        private final TraceFlags flags;
        private final SpanContext root;

        Spans(Ended ended) {
            this.ended = ended;
            this.own = ended.trace().own();
            this.flags = TraceFlags.getSampled();
            this.root = context(own.span());
        }

        private SpanContext context(long span) {
            return SpanContext.create(
                    TraceId.fromLongs(own.high(), own.low()), SpanId.fromLong(span), flags, TraceState.getDefault());
        }

        void addTo(List<SpanData> spans) {
            spans.add(request());
            for (Object step : ended.trace().steps()) {
                spans.add(
                        switch (step) {
                            case Trace.Wait wait -> admission(wait);
                            case Trace.Choice choice -> decision(choice);
                            case Trace.Leg leg -> leg(leg.seen());
                            default -> throw new IllegalStateException("no step of a trace: " + step.getClass());
                        });
            }
        }

        private SpanData request() {
            Trace.Summary said = ended.summary();
            AttributesBuilder attributes = Attributes.builder()
                    .put(METHOD, "POST")
                    .put(ROUTE, said.route())
                    .put(STATUS, said.status())
                    .put(OPERATION, operation(said.route()))
                    .put(ID, said.id())
                    .put(TENANT, said.tenant())
                    .put(OUTCOME, said.outcome())
                    .put(ATTEMPTS, said.attempts());
            text(attributes, POOL, said.pool());
            text(attributes, MODEL, said.model());
            text(attributes, ERROR, said.error());
            if (said.maxTokens() > 0) {
                attributes.put(MAX_TOKENS, said.maxTokens());
            }
            if (said.attempts() > 0) {
                attributes.put(PREDICTED, said.predicted());
            }
            cost(attributes, said.usage());
            return span(
                    "POST " + said.route(),
                    SpanKind.SERVER,
                    root,
                    ended.trace().parent() == 0
                            ? SpanContext.getInvalid()
                            : SpanContext.createFromRemoteParent(
                                    root.getTraceId(),
                                    SpanId.fromLong(ended.trace().parent()),
                                    flags,
                                    TraceState.getDefault()),
                    said.error().isEmpty() ? StatusData.unset() : StatusData.error(),
                    ended.trace().started(),
                    ended.nanos(),
                    attributes,
                    List.of(),
                    List.of());
        }

        private SpanData admission(Trace.Wait wait) {
            AttributesBuilder attributes = Attributes.builder();
            text(attributes, QUEUE, wait.story());
            return inside("admission", SpanKind.INTERNAL, Trace.random(), wait.from(), wait.to(), attributes);
        }

        private SpanData decision(Trace.Choice choice) {
            AttributesBuilder attributes = Attributes.builder().put(PREDICTED, choice.predicted());
            text(attributes, ENDPOINT, choice.endpoint());
            text(attributes, PREFILL, choice.prefill());
            text(attributes, FALLBACK, choice.fallback());
            return inside("decision", SpanKind.INTERNAL, Trace.random(), choice.from(), choice.to(), attributes);
        }

        private SpanData inside(String name, SpanKind kind, long id, long from, long to, AttributesBuilder attributes) {
            return span(name, kind, context(id), root, StatusData.unset(), from, to, attributes, List.of(), List.of());
        }

        private SpanData leg(Trace.Seen leg) {
            AttributesBuilder attributes = Attributes.builder()
                    .put(OPERATION, operation(ended.summary().route()))
                    .put(ENDPOINT, leg.endpoint())
                    .put(ATTEMPT, leg.attempt())
                    .put(PREDICTED, leg.predicted())
                    .put(OUTCOME, leg.outcome());
            text(attributes, POOL, ended.summary().pool());
            text(attributes, MODEL, ended.summary().model());
            cost(attributes, leg.usage());
            boolean broke = switch (leg.outcome()) {
                case "completed", "cancelled", "running" -> false;
                default -> true;
            };
            if (broke) {
                attributes.put(ERROR, leg.outcome());
            }
            List<EventData> events = leg.first() == 0
                    ? List.of()
                    : List.of(EventData.create(ended.epoch(leg.first()), "first_token", Attributes.empty()));
            List<LinkData> links = leg.links().stream()
                    .map(other -> LinkData.create(context(other)))
                    .toList();
            return span(
                    leg.role().name().toLowerCase(Locale.ROOT),
                    SpanKind.CLIENT,
                    context(leg.span()),
                    root,
                    broke ? StatusData.error() : StatusData.unset(),
                    leg.from(),
                    leg.to() == 0 || leg.to() - ended.nanos() > 0 ? ended.nanos() : leg.to(),
                    attributes,
                    events,
                    links);
        }

        private Span span(
                String name,
                SpanKind kind,
                SpanContext context,
                SpanContext parent,
                StatusData status,
                long from,
                long to,
                AttributesBuilder attributes,
                List<EventData> events,
                List<LinkData> links) {
            return new Span(
                    resource,
                    scope,
                    name,
                    kind,
                    context,
                    parent,
                    status,
                    ended.epoch(from),
                    ended.epoch(to),
                    attributes.build(),
                    events,
                    links);
        }
    }

    private static void text(AttributesBuilder attributes, AttributeKey<String> key, String value) {
        if (!value.isEmpty()) {
            attributes.put(key, value);
        }
    }

    private static void cost(AttributesBuilder attributes, Usage usage) {
        tokens(attributes, INPUT, usage.promptTokens());
        tokens(attributes, CACHED, usage.cachedTokens());
        tokens(attributes, OUTPUT, usage.outputTokens());
    }

    private static void tokens(AttributesBuilder attributes, AttributeKey<Long> key, int tokens) {
        if (tokens >= 0) {
            attributes.put(key, tokens);
        }
    }

    /** GenAI's name for what a route asks for. */
    private static String operation(String route) {
        return switch (route) {
            case "/v1/chat/completions", "/v1/messages", "/v1/responses" -> "chat";
            case "/v1/completions" -> "text_completion";
            case "/v1/embeddings", "/pooling" -> "embeddings";
            default -> route.substring(route.lastIndexOf('/') + 1);
        };
    }
}
