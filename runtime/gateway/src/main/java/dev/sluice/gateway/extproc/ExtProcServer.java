package dev.sluice.gateway.extproc;

import dev.sluice.extproc.v3.ExternalProcessorGrpc;
import dev.sluice.extproc.v3.ExternalProcessorProto;
import dev.sluice.gateway.http.Loop;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.health.v1.HealthProto;
import io.grpc.protobuf.services.HealthStatusManager;
import io.helidon.common.tls.Tls;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.BooleanSupplier;

/**
 * The endpoint picker's listener: external processing, gRPC health and reflection; and, where one is wanted, a listener with
 * health alone, as llm-d's picker has it for Kubernetes' probes.
 */
public final class ExtProcServer implements AutoCloseable {
    /** Names under which readiness is asked for; {@code liveness} serves as long as the process does. */
    private static final List<String> READINESS = List.of("", "readiness", ExternalProcessorGrpc.SERVICE_NAME);

    private final Settings settings;
    private final Processing processing;
    private final HealthStatusManager health = new HealthStatusManager();
    private final BooleanSupplier ready;
    private final GrpcListener listener;
    private final Optional<GrpcListener> healthListener;
    private ServingStatus last = ServingStatus.UNKNOWN;

    /**
     * How to listen.
     *
     * @param tls empty for plaintext
     * @param maxMessage largest message that is taken, bytes
     * @param bodyIdle longest pause in a body
     * @param healthPort of a plaintext listener with health alone; empty for none
     * @param loop runs what comes in plaintext; empty: threads of the listener's own
     */
    public record Settings(
            String host,
            int port,
            Optional<Tls> tls,
            int maxMessage,
            Duration bodyIdle,
            OptionalInt healthPort,
            Optional<Loop> loop) {}

    private ExtProcServer(Settings settings, Picking picking, BooleanSupplier ready) {
        this.settings = settings;
        this.ready = ready;
        this.processing = new Processing(picking);
        health.setStatus("liveness", ServingStatus.SERVING);
        health();
        GrpcListener.Service healthService =
                new GrpcListener.Service(HealthProto.getDescriptor(), health.getHealthService());
        List<GrpcListener.Service> services = new ArrayList<>();
        services.add(new GrpcListener.Service(ExternalProcessorProto.getDescriptor(), processing));
        services.add(healthService);
        listener = GrpcListener.start(
                settings.host(), settings.port(), settings.tls(), settings.maxMessage(), services, settings.loop());
        try {
            healthListener = settings.healthPort().isPresent()
                    ? Optional.of(GrpcListener.start(
                            settings.host(),
                            settings.healthPort().getAsInt(),
                            Optional.empty(),
                            1 << 16,
                            List.of(healthService),
                            Optional.empty()))
                    : Optional.empty();
        } catch (RuntimeException failed) {
            listener.close();
            throw failed;
        }
    }

    /**
     * Starts to listen.
     *
     * @param ready asked now and then: whether new requests should come
     * @throws java.io.UncheckedIOException when a port is taken
     */
    public static ExtProcServer start(Settings settings, Picking picking, BooleanSupplier ready) {
        return new ExtProcServer(settings, picking, ready);
    }

    /** The port of external processing. */
    public int port() {
        return listener.port();
    }

    /** The port of the listener with health alone. */
    public OptionalInt healthPort() {
        return healthListener.isPresent() ? OptionalInt.of(healthListener.get().port()) : OptionalInt.empty();
    }

    /** Streams that are open, health watches among them. */
    public int streams() {
        return listener.streams();
    }

    /** Some times a second: health is told, and what has waited too long is ended. */
    public void tick(long now) {
        health();
        processing.look(now, settings.bodyIdle().toNanos());
    }

    private void health() {
        ServingStatus now = ready.getAsBoolean() ? ServingStatus.SERVING : ServingStatus.NOT_SERVING;
        if (now != last) {
            last = now;
            READINESS.forEach(name -> health.setStatus(name, now));
        }
    }

    /** Stops at once; streams that are open are cut. */
    @Override
    public void close() {
        listener.close();
        healthListener.ifPresent(GrpcListener::close);
    }
}
