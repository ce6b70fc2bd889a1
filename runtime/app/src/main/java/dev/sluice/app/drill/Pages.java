package dev.sluice.app.drill;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;

/** Pages of gateways' admin ports and of engines. */
final class Pages {
    private static final Duration LIMIT = Duration.ofSeconds(10);
    private static final Duration SOON = Duration.ofSeconds(1);
    private static final HttpClient HTTP = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(LIMIT)
            .build();

    private Pages() {}

    /** The text of a page. */
    static String get(int port, String path) throws IOException, InterruptedException {
        return send(port, request(port, path).GET());
    }

    /** Sends JSON, and returns what is answered. */
    static String text(int port, String path, String json) throws IOException, InterruptedException {
        return send(
                port,
                request(port, path)
                        .header("content-type", "application/json")
                        .POST(HttpRequest.BodyPublishers.ofString(json)));
    }

    /** Whether a gateway lets somebody with this key in; false when it does not answer. */
    static boolean letsIn(int port, String key) throws InterruptedException {
        try {
            HttpRequest asks = request(port, "/v1/models")
                    .timeout(SOON)
                    .header("authorization", "Bearer " + key)
                    .build();
            return HTTP.send(asks, HttpResponse.BodyHandlers.discarding()).statusCode() == 200;
        } catch (IOException e) {
            return false;
        }
    }

    private static HttpRequest.Builder request(int port, String path) {
        return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
                .timeout(LIMIT);
    }

    private static String send(int port, HttpRequest.Builder request) throws IOException, InterruptedException {
        HttpResponse<String> answer =
                HTTP.send(request.build(), HttpResponse.BodyHandlers.ofString(StandardCharsets.UTF_8));
        if (answer.statusCode() != 200) {
            throw new IOException("port " + port + " said " + answer.statusCode() + ": " + answer.body());
        }
        return answer.body();
    }
}
