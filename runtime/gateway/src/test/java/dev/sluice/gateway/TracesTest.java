package dev.sluice.gateway;

import static dev.sluice.gateway.EnvoyStandIn.set;
import static dev.sluice.gateway.GatewayFixture.CHAT;
import static dev.sluice.gateway.GatewayFixture.chat;
import static dev.sluice.gateway.Halves.ALWAYS;
import static dev.sluice.gateway.Halves.NIXL;
import static dev.sluice.gateway.Halves.decodes;
import static dev.sluice.gateway.Halves.prefills;
import static dev.sluice.gateway.OtlpReceiver.attributes;
import static dev.sluice.gateway.OtlpReceiver.hex;
import static dev.sluice.gateway.ScriptedEngine.DONE;
import static dev.sluice.gateway.ScriptedEngine.begin;
import static dev.sluice.gateway.ScriptedEngine.chunk;
import static dev.sluice.gateway.ScriptedEngine.delta;
import static dev.sluice.gateway.ScriptedEngine.end;
import static dev.sluice.gateway.ScriptedEngine.finish;
import static dev.sluice.gateway.ScriptedEngine.usage;
import static dev.sluice.gateway.ScriptedEngine.whole;
import static dev.sluice.gateway.TenantFixture.ANSWER;
import static dev.sluice.gateway.TenantFixture.file;
import static dev.sluice.gateway.TenantFixture.key;
import static org.assertj.core.api.Assertions.assertThat;

import io.opentelemetry.proto.trace.v1.Span;
import io.opentelemetry.proto.trace.v1.Status;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** One trace across gateway and engines, as a collector gets it. */
@Timeout(120)
class TracesTest {
    private static final String TRACE = "0af7651916cd43dd8448eb211c80319c";
    private static final String SPAN = "b7ad6b7169203331";
    private static final String CLIENT = "00-" + TRACE + "-" + SPAN + "-01";

    @TempDir
    Path dir;

    private static String id(HttpResponse<String> answer) {
        return answer.headers().firstValue("x-sluice-id").orElseThrow();
    }

    private static Span named(List<Span> trace, String name) {
        List<Span> all =
                trace.stream().filter(span -> span.getName().equals(name)).toList();
        assertThat(all).as(name).hasSize(1);
        return all.getFirst();
    }

    private static String parent(ScriptedEngine.Request request) {
        assertThat(request.head().toLowerCase(java.util.Locale.ROOT).split("traceparent:", -1))
                .as("one traceparent")
                .hasSize(2);
        return request.header("traceparent");
    }

    private static String context(Span span, String flags) {
        return "00-" + hex(span.getTraceId()) + "-" + hex(span.getSpanId()) + "-" + flags;
    }

    private static void within(Span outer, Span inner) {
        assertThat(inner.getStartTimeUnixNano()).isGreaterThanOrEqualTo(outer.getStartTimeUnixNano());
        assertThat(inner.getEndTimeUnixNano())
                .isGreaterThanOrEqualTo(inner.getStartTimeUnixNano())
                .isLessThanOrEqualTo(outer.getEndTimeUnixNano());
    }

    @Test
    void oneTraceAcrossGatewayPrefillAndDecode() throws Exception {
        try (OtlpReceiver collector = new OtlpReceiver();
                ScriptedEngine prefill = new ScriptedEngine("base").does(prefills());
                ScriptedEngine decode = new ScriptedEngine("base").does(decodes());
                GatewayFixture gateway = GatewayFixture.split(
                        dir,
                        List.of(prefill),
                        List.of(decode),
                        NIXL + "\n    routing: always",
                        ALWAYS + collector.traces("sample: 0"))) {
            HttpResponse<String> answer =
                    gateway.post(CHAT, chat(true), "traceparent", CLIENT, "tracestate", "vendor=1");
            assertThat(answer.body()).contains("[DONE]");
            List<Span> trace = collector.trace(id(answer));

            Span request = trace.getFirst();
            assertThat(request.getName()).isEqualTo("POST " + CHAT);
            assertThat(request.getKind()).isEqualTo(Span.SpanKind.SPAN_KIND_SERVER);
            assertThat(hex(request.getTraceId())).isEqualTo(TRACE);
            assertThat(hex(request.getParentSpanId())).isEqualTo(SPAN);
            assertThat(attributes(request))
                    .containsEntry("http.route", CHAT)
                    .containsEntry("http.response.status_code", "200")
                    .containsEntry("gen_ai.operation.name", "chat")
                    .containsEntry("gen_ai.request.model", "base")
                    .containsEntry("gen_ai.usage.input_tokens", "100")
                    .containsEntry("gen_ai.usage.output_tokens", "2")
                    .containsEntry("gen_ai.usage.cache_read.input_tokens", "64")
                    .containsEntry("sluice.pool", "chat")
                    .containsEntry("sluice.tenant", "anonymous")
                    .containsEntry("sluice.outcome", "ok")
                    .containsEntry("sluice.predicted_cached_tokens", "0");

            Span first = named(trace, "prefill");
            Span second = named(trace, "decode");
            assertThat(parent(prefill.requests().getFirst())).isEqualTo(context(first, "01"));
            assertThat(parent(decode.requests().getFirst())).isEqualTo(context(second, "01"));
            assertThat(decode.requests().getFirst().header("tracestate")).isEqualTo("vendor=1");
            assertThat(attributes(first))
                    .containsEntry("sluice.endpoint", "127.0.0.1:" + prefill.port())
                    .containsEntry("sluice.outcome", "completed")
                    .containsEntry("gen_ai.usage.cache_read.input_tokens", "64");
            assertThat(attributes(second))
                    .containsEntry("sluice.endpoint", "127.0.0.1:" + decode.port())
                    .containsEntry("sluice.attempt", "1")
                    .containsEntry("gen_ai.usage.output_tokens", "2");
            assertThat(second.getLinksList()).hasSize(1);
            assertThat(second.getLinks(0).getSpanId()).isEqualTo(first.getSpanId());
            assertThat(second.getEventsList()).extracting(Span.Event::getName).containsExactly("first_token");
            Span decision = named(trace, "decision");
            assertThat(attributes(decision))
                    .containsEntry("sluice.endpoint", "127.0.0.1:" + decode.port())
                    .containsEntry("sluice.prefill_endpoint", "127.0.0.1:" + prefill.port());
            for (Span inner : List.of(named(trace, "admission"), decision, first, second)) {
                assertThat(inner.getParentSpanId()).isEqualTo(request.getSpanId());
                within(request, inner);
            }
            assertThat(second.getStartTimeUnixNano()).isGreaterThanOrEqualTo(first.getEndTimeUnixNano());
            assertThat(trace).hasSize(5);
        }
    }

    @Test
    void anAttemptIsLinkedToTheOneBeforeIt() throws Exception {
        try (OtlpReceiver collector = new OtlpReceiver();
                ScriptedEngine engine = new ScriptedEngine("base").does((q, out) -> whole(out, 503, "{\"error\":{}}"));
                ScriptedEngine other = new ScriptedEngine("base").does((q, out) -> whole(out, 503, "{\"error\":{}}"));
                GatewayFixture gateway =
                        GatewayFixture.before(dir, List.of(engine, other), "", collector.traces("sample: 0"))) {
            HttpResponse<String> answer = gateway.post(CHAT, chat(false));
            assertThat(answer.statusCode()).isEqualTo(503);
            List<Span> trace = collector.trace(id(answer));
            List<Span> legs = trace.stream()
                    .filter(span -> span.getName().equals("generate"))
                    .toList();
            assertThat(legs).hasSize(2);
            assertThat(legs.getFirst().getLinksList()).isEmpty();
            assertThat(legs.getFirst().getStatus().getCode()).isEqualTo(Status.StatusCode.STATUS_CODE_ERROR);
            assertThat(attributes(legs.getFirst())).containsEntry("sluice.outcome", "overloaded");
            for (int i = 1; i < legs.size(); i++) {
                assertThat(legs.get(i).getLinksList()).hasSize(1);
                assertThat(legs.get(i).getLinks(0).getSpanId())
                        .isEqualTo(legs.get(i - 1).getSpanId());
                assertThat(attributes(legs.get(i))).containsEntry("sluice.attempt", Integer.toString(i + 1));
            }
            assertThat(trace.stream().filter(span -> span.getName().equals("decision")))
                    .as("the third finds nobody who has not refused")
                    .hasSize(3);
            assertThat(attributes(trace.getFirst()))
                    .containsEntry("sluice.attempts", "2")
                    .containsEntry("error.type", "engine_503");
            assertThat(trace.getFirst().getParentSpanId().isEmpty())
                    .as("nobody before us")
                    .isTrue();
        }
    }

    @Test
    void whatFailsIsToldEvenWhereNothingIsSampledAndTheRestIsNot() throws Exception {
        try (OtlpReceiver collector = new OtlpReceiver();
                ScriptedEngine engine = new ScriptedEngine("base")
                        .does((q, out) -> whole(out, 200, ANSWER), (q, out) -> {
                            begin(out);
                            chunk(out, delta("a"));
                            return false;
                        });
                GatewayFixture gateway =
                        GatewayFixture.before(dir, List.of(engine), "", collector.traces("sample: 0"))) {
            gateway.post(CHAT, chat(false));
            gateway.post(
                    CHAT, chat(false).replace("base", "nobody"), "traceparent", "00-nonsense", "tracestate", "a=b");
            String cut = "";
            try (var socket = gateway.raw(GatewayFixture.chatBytes(chat(true))
                    .replace("Host:", "traceparent: bad\r\ntracestate: a=b\r\nHost:"))) {
                String seen = GatewayFixture.readAll(socket.getInputStream());
                assertThat(seen).contains("upstream_cut");
                cut = seen.replaceAll("(?s).*x-sluice-id: ([^\r]*)\r.*", "$1");
            }
            List<Span> trace = collector.trace(cut);
            assertThat(attributes(trace.getFirst()))
                    .containsEntry("http.response.status_code", "200")
                    .containsEntry("error.type", "upstream_cut");
            assertThat(trace.getFirst().getStatus().getCode()).isEqualTo(Status.StatusCode.STATUS_CODE_ERROR);
            assertThat(parent(engine.requests().getLast()))
                    .as("a client's traceparent that is none starts no trace; nobody is told to sample")
                    .isEqualTo(context(named(trace, "generate"), "00"));
            assertThat(engine.requests().getLast().header("tracestate")).isEmpty();
            assertThat(collector.spans().stream().filter(span -> span.getName().startsWith("POST")))
                    .hasSize(1);
            // Counted when the collector's answer is here, which is after it has kept it.
            TenantFixture.until(() -> metric(gateway).contains("sluice_traces_total{outcome=\"sent\"} 1.0"));
        }
    }

    @Test
    void behindAProxyTheTraceGoesOnAsWell() throws Exception {
        try (OtlpReceiver collector = new OtlpReceiver();
                ScriptedEngine chat = new ScriptedEngine("base");
                ScriptedEngine next = new ScriptedEngine("base-next");
                TenantFixture tenants =
                        TenantFixture.behind(dir, chat, next, "", "", "", collector.traces("credential: {env: PATH}"));
                EnvoyStandIn envoy =
                        new EnvoyStandIn(tenants.gateway.gateway.pickerPort().orElseThrow())) {
            tenants.put("acme", file("acme", ""));
            EnvoyStandIn.Request request = envoy.begin(
                            EnvoyStandIn.CHAT,
                            "x-api-key",
                            key("acme"),
                            "traceparent",
                            CLIENT,
                            "tracestate",
                            "vendor=1")
                    .body(chat(true), true);
            var head = request.head().getHeaderMutation();
            String sent = set(head).getOrDefault("traceparent", "");
            assertThat(head.getRemoveHeadersList()).doesNotContain("tracestate");
            request.pieces();
            request.answerHead(200, "text/event-stream", false);
            String id = set(request.next().getResponseHeaders().getResponse().getHeaderMutation())
                    .getOrDefault("x-sluice-id", "");
            request.answerBody(delta("a") + finish("stop") + usage(10, 3, 2) + DONE, true);
            request.answerPieces();
            assertThat(request.close()).isEqualTo(io.grpc.Status.OK);
            List<Span> trace = collector.trace(id);
            Span leg = named(trace, "generate");
            assertThat(sent).isEqualTo(context(leg, "01"));
            assertThat(hex(trace.getFirst().getParentSpanId())).isEqualTo(SPAN);
            Map<String, String> said = attributes(trace.getFirst());
            assertThat(said)
                    .containsEntry("sluice.tenant", "acme")
                    .containsEntry("gen_ai.usage.input_tokens", "10")
                    .containsEntry("gen_ai.usage.cache_read.input_tokens", "3");
            assertThat(attributes(leg))
                    .containsEntry("sluice.endpoint", "127.0.0.1:" + chat.port())
                    .containsEntry("sluice.outcome", "completed")
                    .containsEntry("gen_ai.usage.output_tokens", "2");
            assertThat(trace).extracting(Span::getName).contains("admission", "decision");
            trace.subList(1, trace.size()).forEach(inner -> within(trace.getFirst(), inner));
            assertThat(collector.credentials())
                    .isNotEmpty()
                    .allMatch(one -> one.equals("Bearer " + System.getenv("PATH")));
            assertThat(collector.text()).doesNotContain(key("acme"), "hello");

            // Without a trace of its client's, what else it says of one does not go on either.
            EnvoyStandIn.Request bare = envoy.begin(
                            EnvoyStandIn.CHAT, "x-api-key", key("acme"), "traceparent", "bad", "tracestate", "a=b")
                    .body(chat(false), true);
            var bareHead = bare.head().getHeaderMutation();
            assertThat(set(bareHead).getOrDefault("traceparent", ""))
                    .startsWith("00-")
                    .endsWith("-00");
            assertThat(bareHead.getRemoveHeadersList()).contains("tracestate");
            bare.cancel();
        }
    }

    @Test
    void aCollectorThatIsAwayIsCountedAndRequestsGoOn() throws Exception {
        try (OtlpReceiver collector = new OtlpReceiver();
                ScriptedEngine engine = new ScriptedEngine("base").does((q, out) -> whole(out, 200, ANSWER));
                GatewayFixture gateway =
                        GatewayFixture.before(dir, List.of(engine), "", collector.traces("sample: 1"))) {
            collector.answers(400);
            assertThat(gateway.post(CHAT, chat(false)).statusCode()).isEqualTo(200);
            TenantFixture.until(() -> metric(gateway).contains("sluice_traces_total{outcome=\"failed\"} 1.0"));
            collector.answers(200);
            collector.trace(id(gateway.post(CHAT, chat(false))));
        }
    }

    private static String metric(GatewayFixture gateway) {
        try {
            return gateway.admin("/metrics").body();
        } catch (Exception failed) {
            throw new IllegalStateException(failed);
        }
    }

    @Test
    void withoutTracesAClientsTraceparentGoesOnAsItIs() throws Exception {
        try (ScriptedEngine engine = new ScriptedEngine("base").does((q, out) -> {
                    begin(out);
                    chunk(out, delta("a") + finish("stop") + usage(10, 3, 2) + DONE);
                    return end(out);
                });
                GatewayFixture gateway = GatewayFixture.before(dir, List.of(engine))) {
            gateway.post(CHAT, chat(true), "traceparent", CLIENT);
            assertThat(parent(engine.requests().getLast())).isEqualTo(CLIENT);
        }
    }
}
