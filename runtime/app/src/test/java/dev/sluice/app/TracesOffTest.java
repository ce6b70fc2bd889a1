package dev.sluice.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Who wants no traces does not pay for them. */
@Timeout(120)
class TracesOffTest {
    @TempDir
    Path directory;

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void withoutTracesNothingOfTheirLibraryIsLoaded(boolean wanted) throws Exception {
        Path loaded = directory.resolve("classes.txt");
        try (DemoFleet fleet = DemoFleet.start(1, 1)) {
            Path config = Files.writeString(directory.resolve("gateway.yaml"), """
                    server: {host: 127.0.0.1, port: 0, admin: {port: 0}, drain: {notReadyFor: 0s, streams: 1s}}
                    pools: [{name: chat, models: [%s], endpoints: [{url: "http://127.0.0.1:%d"}]}]
                    %s
                    """.formatted(
                            DemoFleet.MODEL,
                            fleet.ports().getFirst(),
                            wanted ? "traces: {endpoint: \"http://127.0.0.1:1/v1/traces\", sample: 1}" : ""));
            try (Running gateway = Running.start(
                            List.of("-Xlog:class+load:file=" + loaded),
                            "serving on port",
                            "serve",
                            "--config",
                            config.toString());
                    HttpClient client = HttpClient.newHttpClient()) {
                String body = "{\"model\":\"" + DemoFleet.MODEL + "\",\"max_tokens\":2,\"messages\":"
                        + "[{\"role\":\"user\",\"content\":\"hello\"}]}";
                HttpRequest request = HttpRequest.newBuilder(
                                URI.create("http://127.0.0.1:" + gateway.port() + "/v1/chat/completions"))
                        .header("content-type", "application/json")
                        .POST(HttpRequest.BodyPublishers.ofString(body))
                        .build();
                assertThat(client.send(request, HttpResponse.BodyHandlers.discarding())
                                .statusCode())
                        .isEqualTo(200);
                assertThat(gateway.stop()).isZero();
            }
        }
        List<String> theirs;
        try (var lines = Files.lines(loaded)) {
            theirs = lines.filter(line -> line.contains(" io.opentelemetry.")
                            || line.contains(" dev.sluice.gateway.trace.OtlpExport")
                            || line.contains(" dev.sluice.gateway.trace.Trace "))
                    .toList();
        }
        if (wanted) {
            assertThat(theirs).isNotEmpty();
        } else {
            assertThat(theirs).isEmpty();
        }
    }
}
