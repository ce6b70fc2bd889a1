package dev.sluice.simulator.transfer;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.Executors;

/** Mooncake's bootstrap server: tells by {@code GET /query} which engines there are and where their workers listen. */
final class Bootstrap implements AutoCloseable {
    private final HttpServer server;

    /** @param known what its worker is called to others */
    Bootstrap(String host, int port, String known, String engineId, int sideChannel) throws IOException {
        server = HttpServer.create(new InetSocketAddress(host, port), 64);
        server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        var body = "{\"0\":{\"engine_id\":\"" + engineId + "\",\"worker_addr\":{\"0\":{\"0\":\"" + known + ":"
                + sideChannel + "\"}}}}";
        server.createContext("/query", exchange -> {
            var bytes = body.getBytes(StandardCharsets.UTF_8);
            exchange.getResponseHeaders().add("content-type", "application/json");
            exchange.sendResponseHeaders(200, bytes.length);
            try (var out = exchange.getResponseBody()) {
                out.write(bytes);
            }
        });
        server.start();
    }

    int port() {
        return server.getAddress().getPort();
    }

    /** Asks a bootstrap server for the side channel of the engine that a source means. */
    static Source find(Source source) throws IOException {
        try (var client =
                HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(1)).build()) {
            var request = HttpRequest.newBuilder(URI.create("http://" + source.address() + "/query"))
                    .timeout(Duration.ofSeconds(5))
                    .build();
            var answer = Peer.JSON.readTree(
                    client.send(request, HttpResponse.BodyHandlers.ofString()).body());
            for (var rank : answer) {
                if (rank.path("engine_id").asText().equals(source.engineId())
                        || source.engineId().isEmpty()) {
                    var address = rank.path("worker_addr").path("0").path("0").asText();
                    var colon = address.lastIndexOf(':');
                    return new Source(
                            address.substring(0, colon),
                            Integer.parseInt(address.substring(colon + 1)),
                            false,
                            source.engineId(),
                            source.key(),
                            source.blocks(),
                            source.patienceSeconds());
                }
            }
            throw new IOException("no engine " + source.engineId() + " at " + source.address());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        } catch (RuntimeException e) {
            throw new IOException(source.address() + ": " + e.getMessage(), e);
        }
    }

    @Override
    public void close() {
        server.stop(0);
    }
}
