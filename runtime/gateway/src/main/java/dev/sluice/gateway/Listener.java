package dev.sluice.gateway;

import dev.sluice.gateway.config.ServerConfig;
import dev.sluice.gateway.http.HotConnections;
import dev.sluice.gateway.http.HttpLimits;
import dev.sluice.gateway.http.Loop;
import io.helidon.webserver.WebServer;
import java.io.UncheckedIOException;
import java.net.BindException;
import java.time.Duration;
import java.util.Optional;

/** The tenants' listener: Helidon's, with our connections in it. */
final class Listener implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger("dev.sluice.gateway");
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
                .install(HelidonServices.server().update(b -> tls.ifPresent(t -> b.tls(t.helidon()))))
                .host(config.host())
                .port(config.port())
                .backlog(BACKLOG)
                .maxTcpConnections(connections(limits.connections()))
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

    /**
     * As many as there are files for: a listener of Helidon's that can't accept for lack of them ends, with all that runs. So it must not
     * try to, and who comes beyond waits.
     */
    private static int connections(int wanted) {
        long files = OpenFiles.limit();
        int had = OpenFiles.connections(wanted, files);
        if (had < wanted) {
            LOG.log(
                    System.Logger.Level.WARNING,
                    "server.limits.connections: {0} at once instead of {1}, because no more than {2} files may be open"
                            + " (ulimit -n)",
                    Integer.toString(had),
                    Integer.toString(wanted),
                    Long.toString(files));
        }
        return had;
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

    /** Closes connections that are idle; see {@link HotConnections#closeIdle}. */
    boolean closeIdle(Duration linger) {
        return connections.closeIdle(linger);
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
