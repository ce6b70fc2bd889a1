package dev.sluice.gateway;

import dev.sluice.gateway.config.ServerConfig;
import dev.sluice.gateway.http.HotConnections;
import dev.sluice.gateway.http.HttpLimits;
import dev.sluice.gateway.http.Loop;
import io.helidon.webserver.WebServer;
import java.io.UncheckedIOException;
import java.net.BindException;
import java.util.Optional;

/** The tenants' listener: Helidon's, with our connections in it. */
final class Listener implements AutoCloseable {
    private static final int BACKLOG = 4096;

    private final WebServer server;
    private final HotConnections connections;
    private final Optional<ServerTls> tls;

    private Listener(WebServer server, HotConnections connections, Optional<ServerTls> tls) {
        this.tls = tls;
        this.server = server;
        this.connections = connections;
    }

    static Listener start(ServerConfig config, Loop loop, HotRoutes hot, ColdRoutes cold) {
        HttpLimits base = HttpLimits.DEFAULT;
        ServerConfig.Limits limits = config.limits();
        HotConnections connections = new HotConnections(
                loop,
                hot,
                new HttpLimits(
                        (int) limits.headers().bytes(),
                        base.headerCount(),
                        limits.headerTime(),
                        limits.bodyIdle(),
                        base.bodyBytesPerSecond(),
                        base.keepAlive(),
                        base.writeStall(),
                        base.budgetWait()));
        Optional<ServerTls> tls = config.tls().map(ServerTls::new);
        WebServer server = connections
                .install(WebServer.builder().update(b -> tls.ifPresent(t -> b.tls(t.helidon()))))
                .host(config.host())
                .port(config.port())
                .backlog(BACKLOG)
                .maxTcpConnections(limits.connections())
                .shutdownHook(false)
                .routing(cold::register)
                .build();
        try {
            server.start();
        } catch (RuntimeException failed) {
            throw new UncheckedIOException("can't listen on " + config.host() + ":" + config.port(), cause(failed));
        }
        if (!server.isRunning() || server.port() <= 0) { // Helidon logs why it could not bind, and returns
            throw new UncheckedIOException(new BindException(
                    "can't listen on " + config.host() + ":" + config.port() + ": the port is taken or can't be had"));
        }
        return new Listener(server, connections, tls);
    }

    private static BindException cause(RuntimeException failed) {
        BindException bind = new BindException(String.valueOf(failed.getMessage()));
        bind.initCause(failed);
        return bind;
    }

    int port() {
        return server.port();
    }

    /** From now on connections end with their request. */
    void drain() {
        connections.drain();
    }

    /** Takes a renewed certificate or CA for the connections to come. False when that needs another listener. */
    boolean reload(Optional<ServerConfig.Tls> next) {
        return tls.isPresent() == next.isPresent()
                && tls.flatMap(t -> next.map(t::reload)).orElse(true);
    }

    @Override
    public void close() {
        server.stop();
    }
}
