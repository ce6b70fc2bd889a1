package dev.sluice.gateway;

import com.sun.net.httpserver.HttpServer;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceResponse;
import io.opentelemetry.proto.common.v1.KeyValue;
import io.opentelemetry.proto.trace.v1.Span;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.LockSupport;

/** A collector: takes traces by OTLP over HTTP, and keeps them. */
final class OtlpReceiver implements AutoCloseable {
    private final HttpServer server;
    private final List<Span> spans = new CopyOnWriteArrayList<>();
    private final List<String> texts = new CopyOnWriteArrayList<>();
    private final List<String> credentials = new CopyOnWriteArrayList<>();
    private volatile int status = 200;

    OtlpReceiver() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 50);
        server.createContext("/v1/traces", exchange -> {
            byte[] body = exchange.getRequestBody().readAllBytes();
            if (status == 200) {
                ExportTraceServiceRequest request = ExportTraceServiceRequest.parseFrom(body);
                texts.add(request.toString());
                credentials.addAll(exchange.getRequestHeaders().getOrDefault("authorization", List.of()));
                request.getResourceSpansList()
                        .forEach(of -> of.getScopeSpansList().forEach(in -> spans.addAll(in.getSpansList())));
            }
            byte[] answer = ExportTraceServiceResponse.getDefaultInstance().toByteArray();
            exchange.getResponseHeaders().add("content-type", "application/x-protobuf");
            exchange.sendResponseHeaders(status, answer.length == 0 ? -1 : answer.length);
            exchange.getResponseBody().write(answer);
            exchange.close();
        });
        server.start();
    }

    /** Answers so from now on, and keeps nothing unless it is 200. */
    void answers(int with) {
        status = with;
    }

    /** The configuration that leads here; further keys of {@code traces:}. */
    String traces(String more) {
        return "traces: {endpoint: \"http://127.0.0.1:" + server.getAddress().getPort() + "/v1/traces\""
                + (more.isEmpty() ? "" : ", " + more) + "}\n";
    }

    List<Span> spans() {
        return spans;
    }

    /** All that has come, in words. */
    String text() {
        return String.join("\n", texts);
    }

    List<String> credentials() {
        return credentials;
    }

    /** Waits until requests with these ids ({@code x-sluice-id}) are there. */
    void await(String... ids) {
        long end = System.nanoTime() + 20_000_000_000L;
        for (String id : ids) {
            while (roots(id).isEmpty()) {
                if (System.nanoTime() > end) {
                    throw new IllegalStateException(id + " did not come, only " + text());
                }
                LockSupport.parkNanos(1_000_000);
            }
        }
    }

    private List<Span> roots(String id) {
        return spans.stream()
                .filter(span -> id.equals(attributes(span).get("sluice.id")))
                .toList();
    }

    /** All spans of the trace of a request, which is waited for; the request's own first. */
    List<Span> trace(String id) {
        await(id);
        Span root = roots(id).getFirst();
        List<Span> all = new java.util.ArrayList<>(List.of(root));
        spans.stream()
                .filter(span -> span.getTraceId().equals(root.getTraceId()) && !span.equals(root))
                .forEach(all::add);
        return all;
    }

    static Map<String, String> attributes(Span span) {
        Map<String, String> all = new TreeMap<>();
        for (KeyValue one : span.getAttributesList()) {
            all.put(
                    one.getKey(),
                    one.getValue().hasIntValue()
                            ? Long.toString(one.getValue().getIntValue())
                            : one.getValue().getStringValue());
        }
        return all;
    }

    static String hex(com.google.protobuf.ByteString id) {
        return HexFormat.of().formatHex(id.toByteArray());
    }

    @Override
    public void close() {
        server.stop(0);
    }
}
