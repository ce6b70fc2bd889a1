package dev.sluice.gateway;

import com.google.protobuf.ByteString;
import com.google.protobuf.ListValue;
import com.google.protobuf.Struct;
import com.google.protobuf.Value;
import dev.sluice.extproc.v3.CommonResponse;
import dev.sluice.extproc.v3.ExternalProcessorGrpc;
import dev.sluice.extproc.v3.HeaderMap;
import dev.sluice.extproc.v3.HeaderMutation;
import dev.sluice.extproc.v3.HeaderValue;
import dev.sluice.extproc.v3.HttpBody;
import dev.sluice.extproc.v3.HttpHeaders;
import dev.sluice.extproc.v3.HttpTrailers;
import dev.sluice.extproc.v3.Metadata;
import dev.sluice.extproc.v3.ProcessingMode.BodySendMode;
import dev.sluice.extproc.v3.ProcessingRequest;
import dev.sluice.extproc.v3.ProcessingResponse;
import dev.sluice.extproc.v3.ProtocolConfiguration;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** What Envoy says to a picker, over a real gRPC channel. */
final class EnvoyStandIn implements AutoCloseable {
    private static final int LIMIT_S = 20;
    static final String CHAT = "/v1/chat/completions";
    private final ManagedChannel channel;

    EnvoyStandIn(int port) {
        channel = NettyChannelBuilder.forAddress("127.0.0.1", port)
                .usePlaintext()
                .maxInboundMessageSize(16 << 20)
                .build();
    }

    ManagedChannel channel() {
        return channel;
    }

    /** Begins a request; both bodies in full duplex. */
    Request begin(String path, String... headers) {
        return begin(BodySendMode.FULL_DUPLEX_STREAMED, BodySendMode.FULL_DUPLEX_STREAMED, path, headers);
    }

    Request begin(BodySendMode requests, BodySendMode answers, String path, String... headers) {
        return begin(requests, answers, Metadata.getDefaultInstance(), "POST", false, path, headers);
    }

    Request begin(
            BodySendMode requests,
            BodySendMode answers,
            Metadata metadata,
            String method,
            boolean last,
            String path,
            String... headers) {
        Request request = new Request();
        ExternalProcessorGrpc.newStub(channel).process(request);
        HeaderMap.Builder map = HeaderMap.newBuilder().addHeaders(header(":method", method));
        map.addHeaders(header(":path", path));
        for (int i = 0; i < headers.length; i += 2) {
            map.addHeaders(header(headers[i], headers[i + 1]));
        }
        request.send(ProcessingRequest.newBuilder()
                .setRequestHeaders(HttpHeaders.newBuilder().setHeaders(map).setEndOfStream(last))
                .setMetadataContext(metadata)
                .setProtocolConfig(ProtocolConfiguration.newBuilder()
                        .setRequestBodyMode(requests)
                        .setResponseBodyMode(answers))
                .build());
        return request;
    }

    private static HeaderValue header(String name, String value) {
        return HeaderValue.newBuilder()
                .setKey(name)
                .setRawValue(ByteString.copyFromUtf8(value))
                .build();
    }

    /** Metadata in which the proxy allows these addresses. */
    static Metadata hint(String... addresses) {
        ListValue.Builder list = ListValue.newBuilder();
        for (String address : addresses) {
            list.addValues(Value.newBuilder().setStringValue(address));
        }
        return metadata(
                "envoy.lb.subset_hint",
                "x-gateway-destination-endpoint-subset",
                Value.newBuilder().setListValue(list).build());
    }

    /** Metadata in which the proxy says who served. */
    static Metadata served(String address) {
        return metadata(
                "envoy.lb",
                "x-gateway-destination-endpoint-served",
                Value.newBuilder().setStringValue(address).build());
    }

    private static Metadata metadata(String namespace, String key, Value value) {
        return Metadata.newBuilder()
                .putFilterMetadata(
                        namespace, Struct.newBuilder().putFields(key, value).build())
                .build();
    }

    /** What a header mutation sets. */
    static Map<String, String> set(HeaderMutation mutation) {
        Map<String, String> all = new LinkedHashMap<>();
        mutation.getSetHeadersList()
                .forEach(option -> all.put(
                        option.getHeader().getKey(),
                        option.getHeader().getRawValue().toStringUtf8()));
        return all;
    }

    /** The destination in dynamic metadata. */
    static String destination(ProcessingResponse answer) {
        return answer.getDynamicMetadata()
                .getFieldsOrThrow("envoy.lb")
                .getStructValue()
                .getFieldsOrThrow("x-gateway-destination-endpoint")
                .getStringValue();
    }

    @Override
    public void close() {
        channel.shutdownNow();
    }

    /** One request on its stream. */
    static final class Request implements ClientResponseObserver<ProcessingRequest, ProcessingResponse> {
        private final BlockingQueue<ProcessingResponse> answers = new LinkedBlockingQueue<>();
        private final CompletableFuture<Status> end = new CompletableFuture<>();
        private @Nullable ClientCallStreamObserver<ProcessingRequest> out;

        @Override
        public void beforeStart(ClientCallStreamObserver<ProcessingRequest> stream) {
            out = stream;
        }

        private ClientCallStreamObserver<ProcessingRequest> out() {
            ClientCallStreamObserver<ProcessingRequest> stream = out;
            if (stream == null) {
                throw new IllegalStateException("not begun");
            }
            return stream;
        }

        Request send(ProcessingRequest message) {
            out().onNext(message);
            return this;
        }

        Request body(String text, boolean last) {
            return send(ProcessingRequest.newBuilder()
                    .setRequestBody(body(text.getBytes(StandardCharsets.UTF_8), last))
                    .build());
        }

        Request trailers() {
            return send(ProcessingRequest.newBuilder()
                    .setRequestTrailers(HttpTrailers.getDefaultInstance())
                    .build());
        }

        Request answerHead(int status, String type, boolean last) {
            return answerHead(status, type, last, Metadata.getDefaultInstance());
        }

        Request answerHead(int status, String type, boolean last, Metadata metadata) {
            return send(ProcessingRequest.newBuilder()
                    .setResponseHeaders(HttpHeaders.newBuilder()
                            .setHeaders(HeaderMap.newBuilder()
                                    .addHeaders(header(":status", Integer.toString(status)))
                                    .addHeaders(header("content-type", type))
                                    .addHeaders(header("x-envoy-upstream-service-time", "1"))
                                    .addHeaders(header("x-inference-port", "8000")))
                            .setEndOfStream(last))
                    .setMetadataContext(metadata)
                    .build());
        }

        Request answerBody(String text, boolean last) {
            return send(ProcessingRequest.newBuilder()
                    .setResponseBody(body(text.getBytes(StandardCharsets.UTF_8), last))
                    .build());
        }

        Request answerTrailers() {
            return send(ProcessingRequest.newBuilder()
                    .setResponseTrailers(HttpTrailers.getDefaultInstance())
                    .build());
        }

        private static HttpBody body(byte[] bytes, boolean last) {
            return HttpBody.newBuilder()
                    .setBody(ByteString.copyFrom(bytes))
                    .setEndOfStream(last)
                    .build();
        }

        ProcessingResponse next() throws InterruptedException {
            ProcessingResponse answer = answers.poll(LIMIT_S, TimeUnit.SECONDS);
            if (answer == null) {
                throw new IllegalStateException("no answer; the call: " + end.getNow(Status.OK.withDescription("still open")));
            }
            return answer;
        }

        /** The answer to the request's head. */
        CommonResponse head() throws InterruptedException {
            ProcessingResponse answer = next();
            if (!answer.hasRequestHeaders()) {
                throw new IllegalStateException("not the head's: " + answer);
            }
            return answer.getRequestHeaders().getResponse();
        }

        /** The pieces of the request's body, to the last one. */
        List<ByteString> pieces() throws InterruptedException {
            List<ByteString> pieces = new ArrayList<>();
            boolean last = false;
            while (!last) {
                var piece =
                        next().getRequestBody().getResponse().getBodyMutation().getStreamedResponse();
                pieces.add(piece.getBody());
                last = piece.getEndOfStream();
            }
            return pieces;
        }

        /** The answer's body as it goes on, to its end. */
        String answerPieces() throws InterruptedException {
            StringBuilder text = new StringBuilder();
            boolean last = false;
            while (!last) {
                var piece =
                        next().getResponseBody().getResponse().getBodyMutation().getStreamedResponse();
                text.append(piece.getBody().toStringUtf8());
                last = piece.getEndOfStream();
            }
            return text.toString();
        }

        boolean quiet() {
            return answers.isEmpty();
        }

        void cancel() {
            out().cancel("the client left", null);
        }

        Status close() throws Exception {
            out().onCompleted();
            return status();
        }

        Status status() throws Exception {
            return end.get(LIMIT_S, TimeUnit.SECONDS);
        }

        @Override
        public void onNext(ProcessingResponse answer) {
            answers.add(answer);
        }

        @Override
        public void onError(Throwable cause) {
            end.complete(Status.fromThrowable(cause));
        }

        @Override
        public void onCompleted() {
            end.complete(Status.OK);
        }
    }
}
