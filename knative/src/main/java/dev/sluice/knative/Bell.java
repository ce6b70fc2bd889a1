package dev.sluice.knative;

import dev.sluice.core.discovery.EndpointSource.Rang;
import dev.sluice.core.discovery.Picture;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpTimeoutException;
import java.time.Duration;

/**
 * Rings at a revision's doors: asks for the engine's health, which an activator holds back until a pod is up. Its answer is only
 * a sign; whether the pod serves what it should is asked afterwards.
 */
final class Bell {
    private static final Duration CONNECT = Duration.ofSeconds(2);

    private final HttpClient http = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(CONNECT)
            .build();

    /** Tries the doors in their order until one opens. */
    Rang ring(Picture.Revision revision, Duration most) throws InterruptedException {
        Rang last = Rang.FAILED;
        for (String door : revision.doors()) {
            try {
                HttpRequest request = HttpRequest.newBuilder(URI.create("http://" + door + "/health"))
                        .header("Knative-Serving-Revision", revision.name())
                        .header("Knative-Serving-Namespace", revision.namespace())
                        .timeout(most)
                        .GET()
                        .build();
                return rang(http.send(request, HttpResponse.BodyHandlers.discarding())
                        .statusCode());
            } catch (HttpTimeoutException late) {
                return Rang.NOT_YET;
            } catch (IOException cut) {
                last = Rang.FAILED;
            }
        }
        return last;
    }

    private static Rang rang(int status) {
        return switch (status) {
            case 404 -> Rang.GONE;
            case 503 -> Rang.REFUSED;
            case 504 -> Rang.NOT_YET;
            default -> status < 500 ? Rang.ANSWERED : Rang.FAILED;
        };
    }

    void close() {
        http.shutdownNow();
    }
}
