package dev.sluice.gateway.extproc;

import com.google.protobuf.ByteString;
import dev.sluice.extproc.v3.ExternalProcessorGrpc;
import dev.sluice.extproc.v3.HttpBody;
import dev.sluice.extproc.v3.HttpTrailers;
import dev.sluice.extproc.v3.ProcessingRequest;
import dev.sluice.extproc.v3.ProcessingResponse;
import io.grpc.Channel;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** One call of a real gRPC client. */
final class Caller implements ClientResponseObserver<ProcessingRequest, ProcessingResponse> {
    private static final Duration LIMIT = Duration.ofSeconds(20);
    private final BlockingQueue<ProcessingResponse> answers = new LinkedBlockingQueue<>();
    private final CompletableFuture<Status> end = new CompletableFuture<>();
    private @Nullable ClientCallStreamObserver<ProcessingRequest> out;

    static ManagedChannel channel(int port) {
        return NettyChannelBuilder.forAddress("127.0.0.1", port)
                .usePlaintext()
                .maxInboundMessageSize(64 << 20)
                .build();
    }

    static Caller begin(Channel channel) {
        Caller caller = new Caller();
        ExternalProcessorGrpc.newStub(channel).process(caller);
        return caller;
    }

    static ProcessingRequest body(int bytes) {
        return ProcessingRequest.newBuilder()
                .setRequestBody(HttpBody.newBuilder().setBody(ByteString.copyFrom(new byte[bytes])))
                .build();
    }

    /** What makes the service throw. */
    static ProcessingRequest trouble() {
        return ProcessingRequest.newBuilder()
                .setRequestTrailers(HttpTrailers.getDefaultInstance())
                .build();
    }

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

    Caller send(ProcessingRequest message) {
        out().onNext(message);
        return this;
    }

    /** The next answer. */
    ProcessingResponse answer() throws InterruptedException {
        ProcessingResponse next = answers.poll(LIMIT.toMillis(), TimeUnit.MILLISECONDS);
        if (next == null) {
            throw new IllegalStateException("no answer; the call: " + end);
        }
        return next;
    }

    void cancel() {
        out().cancel("as the test wants it", null);
    }

    Status close() throws Exception {
        out().onCompleted();
        return status();
    }

    /** How the call ended. */
    Status status() throws Exception {
        return end.get(LIMIT.toMillis(), TimeUnit.MILLISECONDS);
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
