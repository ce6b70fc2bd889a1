package dev.sluice.app;

import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import picocli.CommandLine.Option;

/** Calls of the admin port of a gateway that runs. */
final class AdminClient {
    private static final Duration LIMIT = Duration.ofSeconds(10);

    @Option(
            names = "--admin",
            paramLabel = "URL",
            description = "Admin port of the gateway. Default: ${DEFAULT-VALUE}.",
            defaultValue = "http://127.0.0.1:9190")
    private URI admin = URI.create("http://127.0.0.1:9190");

    @Option(
            names = "--token-file",
            paramLabel = "FILE",
            description = "Holds the token of the admin port, when it has one.")
    private Optional<Path> tokenFile = Optional.empty();

    /** A status and a text. */
    record Reply(int status, String body) {
        boolean fine() {
            return status == 200;
        }
    }

    Reply get(String path) throws IOException, InterruptedException {
        return send(request(path).GET());
    }

    Reply post(String path, byte[] body) throws IOException, InterruptedException {
        return send(request(path)
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofByteArray(body)));
    }

    private HttpRequest.Builder request(String path) throws IOException {
        String base = admin.toString().replaceAll("/+$", "");
        HttpRequest.Builder request =
                HttpRequest.newBuilder(URI.create(base + path)).timeout(LIMIT);
        if (tokenFile.isPresent()) {
            request.header(
                    "Authorization",
                    "Bearer " + Files.readString(tokenFile.get()).strip());
        }
        return request;
    }

    private Reply send(HttpRequest.Builder request) throws IOException, InterruptedException {
        try (HttpClient client = HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .connectTimeout(LIMIT)
                .build()) {
            HttpResponse<String> response =
                    client.send(request.build(), HttpResponse.BodyHandlers.ofString(StandardCharsets.UTF_8));
            return new Reply(response.statusCode(), response.body());
        } catch (ConnectException e) {
            throw new IOException("no gateway answers at " + admin + " (option --admin names another)", e);
        }
    }
}
