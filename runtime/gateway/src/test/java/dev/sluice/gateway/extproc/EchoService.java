package dev.sluice.gateway.extproc;

import dev.sluice.extproc.v3.ExternalProcessorGrpc;
import dev.sluice.extproc.v3.ExternalProcessorProto;
import dev.sluice.extproc.v3.ProcessingRequest;
import dev.sluice.extproc.v3.ProcessingResponse;
import dev.sluice.gateway.http.Loop;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;

/** A service that answers each message, and throws when it is told to; on a real listener. */
final class EchoService extends ExternalProcessorGrpc.ExternalProcessorImplBase implements AutoCloseable {
    static final int LIMIT = 4 << 20;
    final AtomicInteger cancelled = new AtomicInteger();
    final AtomicInteger messages = new AtomicInteger();
    final Queue<Thread> threads = new ConcurrentLinkedQueue<>();
    private final GrpcListener listener;

    /** @param loop that runs it; empty: Helidon's threads do */
    EchoService(Optional<Loop> loop) {
        listener = GrpcListener.start("127.0.0.1", 0, Optional.empty(), LIMIT, services(), loop);
    }

    EchoService(Optional<Loop> loop, GrpcListener.Idle idle) {
        listener = GrpcListener.start("127.0.0.1", 0, Optional.empty(), LIMIT, services(), loop, idle);
    }

    private List<GrpcListener.Service> services() {
        return List.of(new GrpcListener.Service(ExternalProcessorProto.getDescriptor(), this));
    }

    int port() {
        return listener.port();
    }

    int streams() {
        return listener.streams();
    }

    @Override
    public StreamObserver<ProcessingRequest> process(StreamObserver<ProcessingResponse> out) {
        threads.add(Thread.currentThread());
        ((ServerCallStreamObserver<ProcessingResponse>) out).setOnCancelHandler(cancelled::incrementAndGet);
        return new StreamObserver<>() {
            @Override
            public void onNext(ProcessingRequest message) {
                messages.incrementAndGet();
                if (message.hasRequestTrailers()) {
                    throw new IllegalStateException("as the test wants it");
                }
                out.onNext(Replies.REQUEST_BODY_GOES_ON);
            }

            @Override
            public void onError(Throwable cause) {
                // the cancel handler counts
            }

            @Override
            public void onCompleted() {
                out.onCompleted();
            }
        };
    }

    @Override
    public void close() {
        listener.close();
    }
}
