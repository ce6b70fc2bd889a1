package dev.sluice.gateway.admin;

import dev.sluice.gateway.HelidonServices;
import io.helidon.http.HeaderNames;
import io.helidon.http.ServerRequestHeaders;
import io.helidon.webserver.WebServer;
import io.helidon.webserver.http.HttpRouting;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import io.helidon.webserver.http1.Http1Config;
import io.helidon.webserver.http1.Http1ConnectionSelector;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.regex.Pattern;

/**
 * The admin port: HTTP/1.1, for operators and Prometheus, never for tenants.
 *
 * <p>On a loopback address it asks for no token, so it guards against browsers instead: a page from elsewhere must neither
 * reach it under a name of its own (Host must be a loopback name) nor post to it (Origin must be its own).
 */
public final class AdminServer implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(AdminServer.class.getName());
    private static final long MAX_BODY = 64L << 20;
    private static final Pattern LOOPBACK = Pattern.compile(
            "(localhost|127\\.[0-9.]+|\\[::1]|\\[0:0:0:0:0:0:0:1])(:[0-9]+)?", Pattern.CASE_INSENSITIVE);

    /** Answers a call. */
    @FunctionalInterface
    private interface Routes {
        Answer answer(AdminRoutes.Call call) throws IOException;
    }

    private final WebServer admin;
    private final Optional<WebServer> metrics;

    private AdminServer(WebServer admin, Optional<WebServer> metrics) {
        this.admin = admin;
        this.metrics = metrics;
    }

    /**
     * Starts to listen.
     *
     * @throws IllegalArgumentException when the host is unknown, or no loopback address and there is no token
     * @throws UncheckedIOException when a port is taken; its message names the port
     */
    public static AdminServer start(AdminSettings settings, AdminView view) {
        boolean loopback = loopback(settings.host());
        if (!loopback && settings.token().isEmpty()) {
            throw new IllegalArgumentException("the admin port on " + settings.host() + " needs a token");
        }
        AdminRoutes routes = new AdminRoutes(view);
        Guard guard = new Guard(settings.token(), loopback);
        WebServer admin = listen(settings.host(), settings.port(), guard, routes::answer);
        try {
            Optional<WebServer> metrics = settings.metrics()
                    .map(listener -> listen(listener.host(), listener.port(), Guard.NONE, routes::metricsListener));
            return new AdminServer(admin, metrics);
        } catch (RuntimeException e) {
            admin.stop();
            throw e;
        }
    }

    private static WebServer listen(String host, int port, Guard guard, Routes routes) {
        WebServer server = HelidonServices.server()
                .host(host)
                .port(port)
                .shutdownHook(false) // health must be answered while the streams of tenants end
                .addConnectionSelector(Http1ConnectionSelector.builder()
                        .config(Http1Config.create())
                        .build())
                .connectionOptions(options -> options.tcpNoDelay(true))
                .maxPayloadSize(MAX_BODY)
                .maxTcpConnections(256)
                .shutdownGracePeriod(Duration.ofMillis(100))
                .routing(HttpRouting.builder().any((request, response) -> handle(request, response, guard, routes)))
                .build();
        server.start();
        if (!server.isRunning() || server.port() <= 0) { // Helidon logs why it could not bind, and returns
            throw new UncheckedIOException(
                    new BindException("port " + port + " on " + host + " is taken or can't be had"));
        }
        return server;
    }

    private static void handle(ServerRequest request, ServerResponse response, Guard guard, Routes routes) {
        Answer answer;
        try {
            String path = request.path().path();
            Optional<Answer> refused = guard.refuse(path, request);
            answer = refused.isPresent()
                    ? refused.get()
                    : routes.answer(new AdminRoutes.Call(
                            request.prologue().method().text(), path, query(request), () -> body(request)));
        } catch (IOException | IllegalStateException | UncheckedIOException e) {
            LOG.log(System.Logger.Level.WARNING, "admin port: " + request.path().path(), e);
            answer = Answer.error(500, "internal_error", "the gateway failed to answer; its log says why");
        }
        response.status(answer.status());
        response.headers().set(HeaderNames.CONTENT_TYPE, answer.type());
        response.headers().set(HeaderNames.CACHE_CONTROL, "no-store");
        response.headers().set(HeaderNames.create("X-Content-Type-Options"), "nosniff");
        answer.headers().forEach((name, value) -> response.headers().set(HeaderNames.create(name), value));
        response.send(answer.body());
    }

    private static byte[] body(ServerRequest request) {
        return request.content().hasEntity() ? request.content().as(byte[].class) : new byte[0];
    }

    private static Map<String, String> query(ServerRequest request) {
        Map<String, String> query = new HashMap<>();
        for (String name : request.query().names()) {
            query.put(name, request.query().get(name));
        }
        return query;
    }

    private static boolean loopback(String host) {
        try {
            return InetAddress.getByName(host).isLoopbackAddress();
        } catch (UnknownHostException e) {
            throw new IllegalArgumentException("unknown host " + host, e);
        }
    }

    /** Who may ask. */
    private record Guard(Optional<String> token, boolean loopback) {
        static final Guard NONE = new Guard(Optional.empty(), false);

        Optional<Answer> refuse(String path, ServerRequest request) {
            ServerRequestHeaders headers = request.headers();
            String host = headers.value(HeaderNames.HOST).orElse("");
            boolean foreign = headers.value(HeaderNames.ORIGIN)
                    .filter(origin ->
                            !origin.substring(origin.indexOf("//") + 2).equals(host) || !origin.contains("//"))
                    .isPresent();
            if (foreign || (loopback && !LOOPBACK.matcher(host).matches())) {
                return Optional.of(Answer.error(403, "header_not_allowed", "not from another site"));
            }
            if (token.isEmpty() || AdminRoutes.open(path)) {
                return Optional.empty();
            }
            byte[] wanted = ("Bearer " + token.get()).getBytes(StandardCharsets.UTF_8);
            byte[] given = headers.value(HeaderNames.AUTHORIZATION).orElse("").getBytes(StandardCharsets.UTF_8);
            return MessageDigest.isEqual(wanted, given)
                    ? Optional.empty()
                    : Optional.of(Answer.error(401, "invalid_api_key", "a token is needed here")
                            .with("WWW-Authenticate", "Bearer"));
        }
    }

    /** The admin port. */
    public int port() {
        return admin.port();
    }

    /** The port of the metrics listener. */
    public OptionalInt metricsPort() {
        return metrics.isPresent() ? OptionalInt.of(metrics.get().port()) : OptionalInt.empty();
    }

    /** Stops listening. */
    @Override
    public void close() {
        admin.stop();
        metrics.ifPresent(WebServer::stop);
    }
}
