package dev.sluice.gateway.extproc;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.CodedOutputStream;
import dev.sluice.extproc.v3.ProcessingRequest;
import dev.sluice.gateway.http.Loop;
import io.grpc.ClientInterceptors;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.stub.MetadataUtils;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What Helidon's gRPC leaves open, by the numbers of {@link GrpcListener}. To be looked at with each new Helidon. */
@Timeout(60)
class GrpcTrapsTest {
    private final List<AutoCloseable> open = new ArrayList<>();

    private <T extends AutoCloseable> T opened(T one) {
        open.addFirst(one);
        return one;
    }

    /** What runs the listener: Helidon's threads here, a loop in {@link GrpcTrapsOnLoopTest}. */
    Optional<Loop> loop() {
        return Optional.empty();
    }

    private ManagedChannel channel(int port) {
        ManagedChannel channel = Caller.channel(port);
        open.addFirst(channel::shutdownNow);
        return channel;
    }

    @AfterEach
    void close() throws Exception {
        for (AutoCloseable one : open) {
            one.close();
        }
    }

    private static void await(BooleanSupplier condition) {
        long end = System.nanoTime() + Duration.ofSeconds(20).toNanos();
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime()).as("time to wait for it").isLessThan(end);
            java.util.concurrent.locks.LockSupport.parkNanos(1_000_000);
        }
    }

    @Test
    void aThousandCancelsHurtNobodyElse() throws Exception {
        EchoService service = opened(new EchoService(loop()));
        ManagedChannel channel = channel(service.port());
        Caller bystander = Caller.begin(channel).send(Caller.body(1));
        bystander.answer();
        Deque<Caller> young = new ArrayDeque<>();
        for (int i = 0; i < 1000; i++) {
            Caller caller = Caller.begin(channel).send(Caller.body(1));
            caller.answer();
            young.add(caller);
            if (young.size() > 5) { // younger streams are open when an older one is cancelled
                young.remove().cancel();
            }
        }
        young.forEach(Caller::cancel);
        await(() -> service.cancelled.get() == 1000);
        bystander.send(Caller.body(1)).answer();
        assertThat(bystander.close()).isEqualTo(Status.OK);
        await(() -> service.streams() == 0);
    }

    @Test
    void whatAServiceThrowsReachesItsCallerAtOnce() throws Exception {
        EchoService service = opened(new EchoService(loop()));
        ManagedChannel channel = channel(service.port());
        Caller caller = Caller.begin(channel).send(Caller.trouble());
        assertThat(caller.status().getCode()).isEqualTo(Status.Code.INTERNAL);
        assertThat(Caller.begin(channel).close()).isEqualTo(Status.OK);
    }

    @Test
    void streamsOfALostConnectionAreCancelledAndLeaveNoThread() throws Exception {
        EchoService service = opened(new EchoService(loop()));
        try (Wire wire = new Wire(service.port())) {
            ManagedChannel channel = channel(wire.port());
            for (int i = 0; i < 50; i++) {
                Caller.begin(channel).send(Caller.body(1)).answer();
            }
            wire.cut();
            await(() -> service.cancelled.get() == 50);
        }
        await(() -> service.threads.stream().noneMatch(Thread::isAlive));
        assertThat(service.streams()).isZero();
    }

    @Test
    void aBusyConnectionOutlivesAnyIdleTime() throws Exception {
        GrpcListener.Idle soon = new GrpcListener.Idle(Duration.ofMillis(200), Duration.ofMillis(50));
        EchoService helidons = opened(new EchoService(loop(), soon));
        Caller cut = Caller.begin(channel(helidons.port()));
        Thread.ofVirtual().start(() -> {
            while (!Thread.interrupted() && helidons.cancelled.get() == 0) {
                cut.send(Caller.body(1));
                java.util.concurrent.locks.LockSupport.parkNanos(20_000_000);
            }
        });
        assertThat(cut.status().getCode()).isEqualTo(Status.Code.UNAVAILABLE);

        EchoService ours = opened(new EchoService(loop()));
        Caller lives = Caller.begin(channel(ours.port()));
        for (int i = 0; i < 50; i++) {
            lives.send(Caller.body(1)).answer();
            java.util.concurrent.locks.LockSupport.parkNanos(10_000_000);
        }
        assertThat(lives.close()).isEqualTo(Status.OK);
    }

    @RepeatedTest(10)
    void messagesUpToTheLimitPassAndLargerOnesAreRefusedAtOnce() throws Exception {
        EchoService service = opened(new EchoService(loop()));
        ManagedChannel channel = channel(service.port());
        int around = CodedOutputStream.computeTagSize(1) + CodedOutputStream.computeUInt32SizeNoTag(EchoService.LIMIT);
        int body = EchoService.LIMIT - 2 * around;
        ProcessingRequest largest = Caller.body(body);
        assertThat(largest.getSerializedSize()).isEqualTo(EchoService.LIMIT);
        Caller caller = Caller.begin(channel).send(largest);
        caller.answer();
        caller.send(Caller.body(body + 1));
        assertThat(caller.status().getCode()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
        assertThat(Caller.begin(channel).close()).isEqualTo(Status.OK);
    }

    @Test
    void manyMessagesOnOneCallAllArrive() throws Exception {
        EchoService service = opened(new EchoService(loop()));
        Caller caller = Caller.begin(channel(service.port()));
        for (int i = 0; i < 500; i++) {
            caller.send(Caller.body(100));
        }
        for (int i = 0; i < 500; i++) {
            caller.answer();
        }
        assertThat(caller.close()).isEqualTo(Status.OK);
        assertThat(service.messages).hasValue(500);
    }

    @Test
    void aDeadlineThatPassesEndsTheCall() throws Exception {
        EchoService service = opened(new EchoService(loop()));
        Metadata headers = new Metadata();
        headers.put(Metadata.Key.of("grpc-timeout", Metadata.ASCII_STRING_MARSHALLER), "150m");
        // As a header only: the client itself keeps no time.
        Caller caller = Caller.begin(ClientInterceptors.intercept(
                channel(service.port()), MetadataUtils.newAttachHeadersInterceptor(headers)));
        caller.send(Caller.body(1)).answer();
        assertThat(caller.status().getCode()).isEqualTo(Status.Code.DEADLINE_EXCEEDED);
        await(() -> service.cancelled.get() == 1);
    }

    @Test
    void timeoutsAreReadAsTheyAreWritten() {
        assertThat(CallGuard.nanos("5n")).isEqualTo(5);
        assertThat(CallGuard.nanos("5u")).isEqualTo(5_000);
        assertThat(CallGuard.nanos("99999999m")).isEqualTo(99_999_999_000_000L);
        assertThat(CallGuard.nanos("2S")).isEqualTo(2_000_000_000L);
        assertThat(CallGuard.nanos("1M")).isEqualTo(60_000_000_000L);
        assertThat(CallGuard.nanos("1H")).isEqualTo(3_600_000_000_000L);
        assertThat(CallGuard.nanos("")).isEqualTo(Long.MAX_VALUE);
        assertThat(CallGuard.nanos("soon")).isEqualTo(Long.MAX_VALUE);
    }

    /** A wire that can be cut. */
    private static final class Wire implements AutoCloseable {
        private final ServerSocket server = new ServerSocket(0, 10, InetAddress.getLoopbackAddress());
        private final List<Socket> sockets = new ArrayList<>();

        Wire(int to) throws IOException {
            Thread.ofVirtual().start(() -> {
                try {
                    while (true) {
                        Socket from = server.accept();
                        Socket there = new Socket(InetAddress.getLoopbackAddress(), to);
                        synchronized (sockets) {
                            sockets.add(from);
                            sockets.add(there);
                        }
                        Thread.ofVirtual().start(() -> copy(from, there));
                        Thread.ofVirtual().start(() -> copy(there, from));
                    }
                } catch (IOException closed) {
                    // the test is over
                }
            });
        }

        private static void copy(Socket from, Socket to) {
            try {
                from.getInputStream().transferTo(to.getOutputStream());
            } catch (IOException cut) {
                // as the test wants it
            }
        }

        int port() {
            return server.getLocalPort();
        }

        void cut() throws IOException {
            server.close();
            synchronized (sockets) {
                for (Socket socket : sockets) {
                    socket.close();
                }
            }
        }

        @Override
        public void close() throws IOException {
            cut();
        }
    }
}
