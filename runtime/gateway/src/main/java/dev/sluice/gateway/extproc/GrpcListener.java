package dev.sluice.gateway.extproc;

import com.google.protobuf.Descriptors.FileDescriptor;
import dev.sluice.gateway.http.Loop;
import dev.sluice.gateway.http.LoopedSockets;
import io.grpc.BindableService;
import io.helidon.common.socket.SocketOptions;
import io.helidon.common.tls.Tls;
import io.helidon.config.Config;
import io.helidon.webserver.WebServer;
import io.helidon.webserver.grpc.GrpcConfig;
import io.helidon.webserver.grpc.GrpcProtocolSelector;
import io.helidon.webserver.grpc.GrpcReflectionFeature;
import io.helidon.webserver.grpc.GrpcRouting;
import io.helidon.webserver.http2.Http2Config;
import java.io.UncheckedIOException;
import java.net.BindException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import jdk.net.ExtendedSocketOptions;
import org.jspecify.annotations.Nullable;

/**
 * A gRPC listener on Helidon 4.5.0, with its traps closed. The services are plain grpc-java; Helidon's types stay here and in
 * {@link LiveConnections}, {@link LiveStream} and {@link FrameContext}. {@code GrpcTrapsTest} has a test for each:
 * <ol>
 *   <li>Helidon takes more than 50 cancels in 10 s for an attack and drops the connection, other streams with it; here every
 *       client cancel of a call looks like one. The check is off: its clients are proxies of our own.
 *   <li>What a service throws is logged, and the caller waits on: {@link CallGuard} closes the call.
 *   <li>When a connection is lost its streams are not told and their threads wait for ever: {@link LiveConnections} tells
 *       them and ends them.
 *   <li>The idle timer counts from the last new stream and ends connections that are busy: it is as good as off. TCP's own
 *       keepalive finds peers that are gone without a word.
 *   <li>A message over the limit is logged, and the caller waits on: {@link CallGuard} closes the call.
 *   <li>Manual flow control loses credits: nobody here may use it ({@code ExtProcRulesTest}).
 *   <li>{@code grpc-timeout} has no effect: {@link CallGuard} ends such calls in time.
 *   <li>A setting that it does not know, as Envoy sends one, makes it lose the peer's window: {@link ClientFrames}.
 *   <li>What comes for a stream that it has forgotten, such as a reset behind its end, ends the whole connection: {@link LiveStream}
 *       and {@link ClientFrames}.
 *   <li>What a client sends for a stream that it has just reset ends the whole connection, and grpc-java does send such: {@link
 *       ClientFrames}.
 *   <li>Over TLS it writes its settings before the handshake, and they are lost: {@link LiveConnections} lets the client begin.
 * </ol>
 */
final class GrpcListener implements AutoCloseable {
    /** Of each stream and of a connection: the bodies of many requests share one. */
    private static final int WINDOW = 16 << 20;

    private static final int MOST_STREAMS = 100_000;
    private static final Duration NEVER = Duration.ofDays(3650);

    private static final SocketOptions OPTIONS = SocketOptions.builder()
            .tcpNoDelay(true)
            .socketKeepAlive(true)
            .putSocketOption(ExtendedSocketOptions.TCP_KEEPIDLE, 15)
            .putSocketOption(ExtendedSocketOptions.TCP_KEEPINTERVAL, 15)
            .putSocketOption(ExtendedSocketOptions.TCP_KEEPCOUNT, 3)
            .build();

    private final WebServer server;
    private final CallGuard guard;
    private final LiveConnections connections;

    private GrpcListener(WebServer server, CallGuard guard, LiveConnections connections) {
        this.server = server;
        this.guard = guard;
        this.connections = connections;
    }

    /** A service, and the file that describes it. */
    record Service(FileDescriptor file, BindableService service) {}

    /**
     * Starts to listen.
     *
     * @param maxMessage largest message that is taken, bytes
     * @param loop runs what comes in plaintext, where this JVM allows it; empty: Helidon's own threads do
     * @throws UncheckedIOException when the port is taken
     */
    static GrpcListener start(
            String host, int port, Optional<Tls> tls, int maxMessage, List<Service> services, Optional<Loop> loop) {
        return start(host, port, tls, maxMessage, services, loop, new Idle(NEVER, Duration.ofMinutes(2)));
    }

    /** Connections that began nothing new for {@code after} are ended; looked at each {@code every}. */
    record Idle(Duration after, Duration every) {}

    static GrpcListener start(
            String host,
            int port,
            Optional<Tls> tls,
            int maxMessage,
            List<Service> services,
            Optional<Loop> loop,
            Idle idle) {
        Optional<LoopedSockets> sockets =
                loop.filter(there -> tls.isEmpty()).map(there -> new LoopedSockets(there, OPTIONS));
        CallGuard guard = new CallGuard(maxMessage);
        LiveConnections connections = new LiveConnections(
                Http2Config.builder()
                        .sendErrorDetails(true)
                        .maxRapidResets(-1)
                        .maxConcurrentStreams(MOST_STREAMS)
                        .initialWindowSize(WINDOW)
                        .build(),
                GrpcProtocolSelector.create(GrpcConfig.builder()
                        .maxReadBufferSize(maxMessage)
                        .enableCompression(false)
                        .build()),
                sockets);
        GrpcRouting.Builder routing =
                GrpcRouting.builder().config(Config.empty()).intercept(guard);
        services.forEach(service -> routing.service(service.file(), service.service()));
        WebServer server = WebServer.builder()
                .update(b -> tls.ifPresent(b::tls))
                .host(host)
                .port(port)
                .shutdownHook(false)
                .protocolsDiscoverServices(false)
                .featuresDiscoverServices(false)
                .addFeature(GrpcReflectionFeature.create(reflection -> reflection.enabled(true)))
                .addConnectionSelector(connections)
                .writeQueueLength(0)
                .connectionOptions(sockets.map(LoopedSockets::options).orElse(OPTIONS))
                .idleConnectionTimeout(idle.after())
                .idleConnectionPeriod(idle.every())
                .shutdownGracePeriod(Duration.ofMillis(100))
                .addRouting(routing)
                .build();
        try {
            server.start();
        } catch (RuntimeException failed) {
            guard.close();
            throw new UncheckedIOException(taken(host, port, failed));
        }
        if (!server.isRunning() || server.port() <= 0) { // Helidon logs why it could not bind, and returns
            guard.close();
            throw new UncheckedIOException(taken(host, port, null));
        }
        return new GrpcListener(server, guard, connections);
    }

    private static BindException taken(String host, int port, @Nullable Throwable cause) {
        BindException bind =
                new BindException("can't listen on " + host + ":" + port + ": the port is taken or can't be had");
        if (cause != null) {
            bind.initCause(cause);
        }
        return bind;
    }

    int port() {
        return server.port();
    }

    /** Streams whose end has not been seen. */
    int streams() {
        return connections.streams();
    }

    @Override
    public void close() {
        server.stop();
        guard.close();
    }
}
