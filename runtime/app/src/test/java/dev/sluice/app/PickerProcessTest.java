package dev.sluice.app;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.sluice.extproc.v3.ExternalProcessorGrpc;
import dev.sluice.extproc.v3.HeaderMap;
import dev.sluice.extproc.v3.HeaderValue;
import dev.sluice.extproc.v3.HeaderValueOption;
import dev.sluice.extproc.v3.HttpBody;
import dev.sluice.extproc.v3.HttpHeaders;
import dev.sluice.extproc.v3.ProcessingMode.BodySendMode;
import dev.sluice.extproc.v3.ProcessingRequest;
import dev.sluice.extproc.v3.ProcessingResponse;
import dev.sluice.extproc.v3.ProtocolConfiguration;
import io.grpc.ManagedChannel;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** An llm-d configuration as a user runs it: processes of their own, flags of llm-d, a real gRPC and a real HTTP client. */
@Timeout(120)
class PickerProcessTest {
    private static final String CHAT = "/v1/chat/completions";

    @TempDir
    Path directory;

    private Path picker() throws IOException {
        return Files.writeString(directory.resolve("epp.yaml"), """
                apiVersion: llm-d.ai/v1alpha1
                kind: EndpointPickerConfig
                plugins:
                  - {type: queue-scorer}
                  - {type: kv-cache-utilization-scorer}
                  - {type: prefix-cache-scorer}
                schedulingProfiles:
                  - name: default
                    plugins:
                      - {pluginRef: queue-scorer, weight: 2}
                      - {pluginRef: kv-cache-utilization-scorer, weight: 2}
                      - {pluginRef: prefix-cache-scorer, weight: 3}
                """);
    }

    private Path endpoints(List<Integer> ports) throws IOException {
        StringBuilder rows = new StringBuilder("endpoints:\n");
        ports.forEach(
                port -> rows.append("  - {name: engine-%d, address: 127.0.0.1, port: \"%d\"}\n".formatted(port, port)));
        return Files.writeString(directory.resolve("endpoints.yaml"), rows.toString());
    }

    private static String prompt(String model) {
        return "{\"model\":\"" + model + "\",\"max_tokens\":2,\"messages\":[{\"role\":\"user\",\"content\":\""
                + "Why do rivers meander? ".repeat(100) + "\"}]}";
    }

    @Test
    void eppRunsAnEndpointPickerConfigWithLlmdsFlags() throws Exception {
        try (DemoFleet fleet = DemoFleet.start(2, 1);
                Running picker = Running.start(
                        "picking on port",
                        "epp",
                        "--config-file",
                        picker().toString(),
                        "--endpoints",
                        endpoints(fleet.ports()).toString(),
                        "--admin-port=0",
                        "--grpc-port=0",
                        "--grpc-health-port=0",
                        "--metrics-port=0",
                        "--secure-serving=false",
                        "--drain-timeout=0s",
                        "--ha-enable-leader-election=false",
                        "--zap-encoder=json",
                        "--v=4",
                        "--brand-new=7")) {
            assertThat(picker.said())
                    .anyMatch(line -> line.contains("warning: --brand-new is not known"))
                    .anyMatch(line -> line.contains("warning: --zap-encoder has no effect"))
                    .anyMatch(line -> line.contains("warning: --ha-enable-leader-election has no effect"));
            List<String> allowed =
                    fleet.ports().stream().map(port -> "127.0.0.1:" + port).toList();
            String first = destination(picker, prompt(DemoFleet.MODEL));
            assertThat(allowed).contains(first);
            for (int i = 0; i < 5; i++) {
                assertThat(destination(picker, prompt(DemoFleet.MODEL)))
                        .as("its prefix is there")
                        .isEqualTo(first);
            }
            ProcessingResponse none = ask(picker, prompt("another"));
            assertThat(none.getImmediateResponse().getStatus().getCodeValue()).isEqualTo(404);
            assertThat(none.getImmediateResponse().getBody().toStringUtf8()).contains("model_not_found");
            assertThat(picker.stop()).isZero();
        }
    }

    @Test
    void serveRunsTheSameConfigurationInFrontOfClients() throws Exception {
        try (DemoFleet fleet = DemoFleet.start(2, 1);
                Running gateway = Running.start(
                        "serving on port",
                        "serve",
                        "--config",
                        picker().toString(),
                        "--endpoints",
                        endpoints(fleet.ports()).toString(),
                        "--port=0",
                        "--admin-port=0");
                HttpClient client = HttpClient.newHttpClient()) {
            HttpResponse<String> answer =
                    client.send(post(gateway, prompt(DemoFleet.MODEL)), HttpResponse.BodyHandlers.ofString());
            assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
            assertThat(answer.body()).contains("\"model\":\"acme/chat-8b\"");
            assertThat(client.send(post(gateway, prompt("another")), HttpResponse.BodyHandlers.ofString())
                            .statusCode())
                    .isEqualTo(404);
        }
    }

    private static HttpRequest post(Running gateway, String body) {
        return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + gateway.port() + CHAT))
                .header("content-type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(body))
                .build();
    }

    private static String destination(Running picker, String body) throws Exception {
        ProcessingResponse reply = ask(picker, body);
        for (HeaderValueOption set :
                reply.getRequestHeaders().getResponse().getHeaderMutation().getSetHeadersList()) {
            if (set.getHeader().getKey().equals("x-gateway-destination-endpoint")) {
                return set.getHeader().getRawValue().toStringUtf8();
            }
        }
        throw new AssertionError("no destination in " + reply);
    }

    /** What a proxy says of a request, in full duplex, and the first that it is told. */
    private static ProcessingResponse ask(Running picker, String body) throws Exception {
        ManagedChannel channel = NettyChannelBuilder.forAddress("127.0.0.1", picker.port())
                .usePlaintext()
                .build();
        try {
            BlockingQueue<ProcessingResponse> replies = new LinkedBlockingQueue<>();
            StreamObserver<ProcessingRequest> stream =
                    ExternalProcessorGrpc.newStub(channel).process(new Replies(replies));
            stream.onNext(ProcessingRequest.newBuilder()
                    .setRequestHeaders(HttpHeaders.newBuilder()
                            .setHeaders(HeaderMap.newBuilder()
                                    .addHeaders(header(":method", "POST"))
                                    .addHeaders(header(":path", CHAT))))
                    .setProtocolConfig(ProtocolConfiguration.newBuilder()
                            .setRequestBodyMode(BodySendMode.FULL_DUPLEX_STREAMED)
                            .setResponseBodyMode(BodySendMode.FULL_DUPLEX_STREAMED))
                    .build());
            stream.onNext(ProcessingRequest.newBuilder()
                    .setRequestBody(HttpBody.newBuilder()
                            .setBody(ByteString.copyFromUtf8(body))
                            .setEndOfStream(true))
                    .build());
            ProcessingResponse first = replies.poll(60, TimeUnit.SECONDS);
            assertThat(first).isNotNull();
            stream.onCompleted();
            return first;
        } finally {
            channel.shutdownNow();
        }
    }

    private static HeaderValue header(String name, String value) {
        return HeaderValue.newBuilder()
                .setKey(name)
                .setRawValue(ByteString.copyFromUtf8(value))
                .build();
    }

    private record Replies(BlockingQueue<ProcessingResponse> queue) implements StreamObserver<ProcessingResponse> {
        @Override
        public void onNext(ProcessingResponse reply) {
            queue.add(reply);
        }

        @Override
        public void onError(Throwable cause) {
            // the test sees that nothing came
        }

        @Override
        public void onCompleted() {
            // nothing more to come
        }
    }
}
