package dev.sluice.gateway.extproc;

import dev.sluice.extproc.v3.ExternalProcessorGrpc;
import dev.sluice.extproc.v3.ProcessingRequest;
import dev.sluice.extproc.v3.ProcessingResponse;
import io.grpc.BindableService;
import io.grpc.MethodDescriptor;
import io.grpc.ServerServiceDefinition;
import io.grpc.ServiceDescriptor;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.ServerCalls;
import io.grpc.stub.StreamObserver;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** {@code envoy.service.ext_proc.v3.ExternalProcessor}: a {@link ProcessStream} for each request. */
final class Processing implements BindableService {
    private final Picking picking;
    private final Set<ProcessStream> streams = ConcurrentHashMap.newKeySet();

    Processing(Picking picking) {
        this.picking = picking;
    }

    @Override
    public ServerServiceDefinition bindService() {
        MethodDescriptor<ProcessingRequest, ProcessingResponse> generated = ExternalProcessorGrpc.getProcessMethod();
        MethodDescriptor<ProcessingRequest, ProcessingResponse> method = generated.toBuilder()
                .setRequestMarshaller(new Noting<>(generated.getRequestMarshaller()))
                .build();
        return ServerServiceDefinition.builder(ServiceDescriptor.newBuilder(ExternalProcessorGrpc.SERVICE_NAME)
                        .setSchemaDescriptor(
                                ExternalProcessorGrpc.getServiceDescriptor().getSchemaDescriptor())
                        .addMethod(method)
                        .build())
                .addMethod(method, ServerCalls.asyncBidiStreamingCall(this::process))
                .build();
    }

    private StreamObserver<ProcessingRequest> process(StreamObserver<ProcessingResponse> out) {
        ProcessStream[] self = new ProcessStream[1];
        ProcessStream stream = new ProcessStream(picking, out, () -> streams.remove(self[0]));
        self[0] = stream;
        streams.add(stream);
        ((ServerCallStreamObserver<ProcessingResponse>) out).setOnCancelHandler(stream::gone);
        return stream;
    }

    /** Ends what has waited too long for the rest of a body. */
    void look(long now, long bodyIdleNanos) {
        streams.forEach(stream -> stream.look(now, bodyIdleNanos));
    }
}
