package dev.sluice.gateway.http;

import io.helidon.webserver.WebServer;
import io.helidon.webserver.WebServerConfig;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.function.Consumer;

/** Helidon's server with hot connections on {@code POST /hot…}; cold: GET /cold, POST /cold/echo. */
final class Front implements AutoCloseable {
    interface Handler {
        void handle(ClientExchange exchange) throws IOException, InterruptedException;
    }

    final Loop loop = Loop.start("test-loop");
    final HotConnections connections;
    final WebServer server;

    Front(Handler handler) {
        this(HttpLimits.DEFAULT, handler);
    }

    Front(HttpLimits limits, Handler handler) {
        this(limits, handler, listener -> {});
    }

    Front(HttpLimits limits, Handler handler, Consumer<WebServerConfig.Builder> also) {
        connections = new HotConnections(
                loop,
                new HotHandler() {
                    @Override
                    public boolean hot(RequestHead head) {
                        return head.pathStartsWith("/hot");
                    }

                    @Override
                    public void handle(ClientExchange exchange) throws IOException, InterruptedException {
                        handler.handle(exchange);
                    }

                    @Override
                    public byte[] errorBody(int status, String message) {
                        return (status + " " + message).getBytes(StandardCharsets.UTF_8);
                    }
                },
                limits);
        server = connections
                .install(WebServer.builder().update(also))
                .port(0)
                .host("127.0.0.1")
                .shutdownHook(false)
                .routing(r -> r.get("/cold", (q, s) -> s.send("cold"))
                        .post("/cold/echo", (q, s) -> s.send(q.content().as(byte[].class))))
                .build()
                .start();
    }

    int port() {
        return server.port();
    }

    Raw client() throws IOException {
        return new Raw(port());
    }

    @Override
    public void close() {
        server.stop();
        loop.close();
    }
}
