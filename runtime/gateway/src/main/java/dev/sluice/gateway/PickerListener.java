package dev.sluice.gateway;

import dev.sluice.gateway.config.ServerConfig;
import dev.sluice.gateway.extproc.ExtProcServer;
import dev.sluice.gateway.http.Loop;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.BooleanSupplier;

/** The endpoint picker's listener, and the requests behind it. */
final class PickerListener implements AutoCloseable {
    private final ExtProcServer server;
    private final PickerFront front;
    private final Optional<ServerTls> tls;

    private PickerListener(ExtProcServer server, PickerFront front, Optional<ServerTls> tls) {
        this.server = server;
        this.front = front;
        this.tls = tls;
    }

    static PickerListener start(
            ServerConfig.ExtProc config,
            ServerConfig.Limits limits,
            Loop loop,
            LiveState runtime,
            BooleanSupplier ready) {
        PickerFront front = new PickerFront(runtime, config.usage(), config.subsetHint());
        Optional<ServerTls> tls = config.tls().map(ServerTls::new);
        ExtProcServer server = ExtProcServer.start(
                new ExtProcServer.Settings(
                        config.host(),
                        config.port(),
                        tls.map(ServerTls::helidon),
                        (int) config.message().bytes(),
                        limits.bodyIdle(),
                        config.healthPort(),
                        Optional.of(loop)),
                front,
                ready);
        return new PickerListener(server, front, tls);
    }

    int port() {
        return server.port();
    }

    OptionalInt healthPort() {
        return server.healthPort();
    }

    /** gRPC streams that are open. */
    int streams() {
        return server.streams();
    }

    void tick(long now) {
        server.tick(now);
        front.tick(now);
    }

    /** Takes a renewed certificate or CA for the connections to come. False when that needs another listener. */
    boolean reload(Optional<ServerConfig.ExtProc> next) {
        Optional<ServerConfig.Tls> renewed = next.flatMap(ServerConfig.ExtProc::tls);
        return tls.isPresent() == renewed.isPresent()
                && tls.flatMap(t -> renewed.map(t::reload)).orElse(true);
    }

    @Override
    public void close() {
        server.close();
        front.close();
    }
}
