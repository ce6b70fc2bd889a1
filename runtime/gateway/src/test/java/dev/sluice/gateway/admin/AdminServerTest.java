package dev.sluice.gateway.admin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class AdminServerTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    private final FakeView view = new FakeView();
    private final AdminServer server = AdminServer.start(
            new AdminSettings(
                    "127.0.0.1", 0, Optional.empty(), Optional.of(new AdminSettings.Listener("127.0.0.1", 0))),
            view);
    private final HttpClient client =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    @AfterEach
    void close() {
        server.close();
        client.close();
    }

    @Test
    void endpointsAreShownWithUnknownNumbersAsNull() throws Exception {
        JsonNode pool = JSON.readTree(get("/endpoints").body()).get(0);
        assertThat(pool.get("pool").asText()).isEqualTo("chat");
        assertThat(pool.get("queued").asInt()).isEqualTo(1);
        JsonNode endpoint = pool.get("endpoints").get(0);
        assertThat(endpoint.get("endpoint").get("id").asText()).isEqualTo("a");
        assertThat(endpoint.get("endpoint").get("role").asText()).isEqualTo("prefill");
        assertThat(endpoint.get("status").asText()).isEqualTo("slow-start");
        assertThat(endpoint.get("reason").asText()).isEqualTo("came back 3 s ago");
        assertThat(endpoint.get("prefillRate").asDouble()).isEqualTo(8000);
        assertThat(endpoint.get("tokenMs").isNull()).isTrue();
        assertThat(endpoint.get("cacheTokens").isNull()).isTrue();
    }

    @Test
    void decisionsComeWithTheirTimeAndAsManyAsAsked() throws Exception {
        JsonNode decision = JSON.readTree(get("/decisions?limit=7").body()).get(0);
        assertThat(decision.get("at").asText()).isEqualTo("2026-01-02T03:04:05Z");
        assertThat(view.limit).isEqualTo(7);
        get("/decisions?limit=1000000");
        assertThat(view.limit).isEqualTo(1000);
        assertThat(get("/decisions?limit=x").statusCode()).isEqualTo(400);
    }

    @Test
    void anExplanationIsFoundByItsEscapedId() throws Exception {
        JsonNode explanation = JSON.readTree(get("/explain/id%201%2Fx").body());
        assertThat(explanation.get("picked").asText()).isEqualTo("a");
        assertThat(explanation.get("counterfactual").isNull()).isTrue();
        JsonNode candidate = explanation.get("candidates").get(0);
        assertThat(candidate.get("total").isNull()).isTrue();
        assertThat(candidate.get("scores").get("work").isNull()).isTrue();
        assertThat(candidate.get("terms").get("ms").asDouble()).isEqualTo(12.5);
        assertThat(get("/explain/unknown").statusCode()).isEqualTo(404);
    }

    @Test
    void routeSaysWhatWouldHappen() throws Exception {
        JsonNode route = JSON.readTree(post("/route?path=%2Fv1%2Fmessages&tenant=acme", "{\"model\":\"m\"}")
                .body());
        assertThat(route.get("tenant").asText()).isEqualTo("acme");
        assertThat(route.get("path").asText()).isEqualTo("/v1/messages");
        assertThat(route.get("bytes").asInt()).isEqualTo(13);
        assertThat(route.get("score").isNull()).isTrue();
        assertThat(route.get("refusal").asText()).isEqualTo("saturated");
        HttpResponse<String> bad = post("/route", "");
        assertThat(bad.statusCode()).isEqualTo(400);
        assertThat(bad.body()).contains("the body is empty");
    }

    @Test
    void readyzTurnsWithTheReasonWhenItDrains() throws Exception {
        assertThat(get("/readyz").statusCode()).isEqualTo(200);
        assertThat(post("/drain", "").statusCode()).isEqualTo(202);
        assertThat(get("/readyz").statusCode()).isEqualTo(503);
        assertThat(get("/readyz").body()).isEqualTo("draining\n");
        assertThat(get("/livez").statusCode()).isEqualTo(200);
    }

    @Test
    void theRestIsThere() throws Exception {
        assertThat(get("/config").body()).isEqualTo("pools: []\n");
        assertThat(JSON.readTree(get("/plugins").body()).get(0).get("plugin").asText())
                .isEqualTo("zone");
        assertThat(JSON.readTree(get("/tenants").body()).get(0).get("tenant").asText())
                .isEqualTo("anonymous");
        HttpResponse<String> metrics = get("/metrics");
        assertThat(metrics.body()).isEqualTo("sluice_x 1\n");
        assertThat(metrics.headers().firstValue("content-type")).hasValue("text/plain; version=0.0.4; charset=utf-8");
    }

    @Test
    void theConsoleNeedsNothingFromElsewhere() throws Exception {
        HttpResponse<String> console = get("/");
        assertThat(console.headers().firstValue("content-type")).hasValue("text/html; charset=utf-8");
        assertThat(console.headers().firstValue("content-security-policy").orElse(""))
                .contains("default-src 'none'");
        assertThat(console.body())
                .contains("/endpoints", "/decisions", "/explain/")
                .doesNotContain("http://", "https://");
    }

    @Test
    void otherMethodsAndPathsAreRefusedInTheShapeOfErrors() throws Exception {
        HttpResponse<String> put = send(request("/endpoints").PUT(HttpRequest.BodyPublishers.ofString("x")));
        assertThat(put.statusCode()).isEqualTo(405);
        assertThat(put.headers().firstValue("allow")).hasValue("GET");
        assertThat(get("/drain").statusCode()).isEqualTo(405);
        assertThat(get("/drain").headers().firstValue("allow")).hasValue("POST");
        assertThat(view.draining).isFalse();
        JsonNode error = JSON.readTree(get("/nothing").body()).get("error");
        assertThat(get("/nothing").statusCode()).isEqualTo(404);
        assertThat(error.get("code").asText()).isEqualTo("not_found");
        assertThat(error.get("type").asText()).isEqualTo("invalid_request_error");
    }

    @Test
    void aFailureInsideShowsNoDetails() throws Exception {
        view.broken = true;
        HttpResponse<String> failure = get("/endpoints");
        assertThat(failure.statusCode()).isEqualTo(500);
        assertThat(failure.body()).doesNotContain("secret").doesNotContain("Exception");
    }

    @Test
    void aPageFromElsewhereCanDoNothing() throws Exception {
        assertThat(send(request("/drain")
                                .header("Origin", "http://evil.example")
                                .POST(HttpRequest.BodyPublishers.noBody()))
                        .statusCode())
                .isEqualTo(403);
        assertThat(view.draining).isFalse();
        assertThat(send(request("/drain")
                                .header("Origin", "http://127.0.0.1:" + server.port())
                                .POST(HttpRequest.BodyPublishers.noBody()))
                        .statusCode())
                .isEqualTo(202);
        assertThat(raw("GET /config HTTP/1.1\r\nHost: rebound.example\r\n\r\n")).startsWith("HTTP/1.1 403");
        assertThat(raw("GET /config HTTP/1.1\r\nHost: localhost\r\n\r\n")).startsWith("HTTP/1.1 200");
    }

    @Test
    void theMetricsListenerHasNothingElse() throws Exception {
        int port = server.metricsPort().orElseThrow();
        for (String path : new String[] {"/metrics", "/livez", "/readyz"}) {
            assertThat(send(request(port, path)).statusCode()).isEqualTo(200);
        }
        for (String path : new String[] {"/", "/config", "/endpoints", "/explain/id", "/drain"}) {
            assertThat(send(request(port, path)).statusCode()).as(path).isEqualTo(404);
        }
        assertThat(send(request(port, "/drain").POST(HttpRequest.BodyPublishers.noBody()))
                        .statusCode())
                .isEqualTo(404);
    }

    @Test
    void anOpenAddressNeedsATokenAndAsksForIt() throws Exception {
        assertThatThrownBy(() ->
                        AdminServer.start(new AdminSettings("0.0.0.0", 0, Optional.empty(), Optional.empty()), view))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("token");
        AdminSettings settings = new AdminSettings("0.0.0.0", 0, Optional.of("s3cret"), Optional.empty());
        assertThat(settings.toString()).doesNotContain("s3cret");
        try (AdminServer open = AdminServer.start(settings, view)) {
            assertThat(send(request(open.port(), "/config")).statusCode()).isEqualTo(401);
            assertThat(send(request(open.port(), "/config").header("Authorization", "Bearer wrong"))
                            .statusCode())
                    .isEqualTo(401);
            assertThat(send(request(open.port(), "/config").header("Authorization", "Bearer s3cret"))
                            .statusCode())
                    .isEqualTo(200);
            assertThat(send(request(open.port(), "/metrics")).statusCode()).isEqualTo(401);
            assertThat(send(request(open.port(), "/readyz")).statusCode()).isEqualTo(200);
            assertThat(open.metricsPort()).isEmpty();
        }
    }

    @Test
    void aTakenPortIsNamed() throws Exception {
        try (ServerSocket taken = new ServerSocket(0)) {
            assertThatThrownBy(() -> AdminServer.start(
                            new AdminSettings("127.0.0.1", taken.getLocalPort(), Optional.empty(), Optional.empty()),
                            view))
                    .isInstanceOf(UncheckedIOException.class)
                    .hasMessageContaining(String.valueOf(taken.getLocalPort()));
        }
    }

    private HttpResponse<String> get(String path) throws IOException, InterruptedException {
        return send(request(path));
    }

    private HttpResponse<String> post(String path, String body) throws IOException, InterruptedException {
        return send(request(path).POST(HttpRequest.BodyPublishers.ofString(body)));
    }

    private HttpRequest.Builder request(String path) {
        return request(server.port(), path);
    }

    private static HttpRequest.Builder request(int port, String path) {
        return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path));
    }

    private HttpResponse<String> send(HttpRequest.Builder request) throws IOException, InterruptedException {
        return client.send(request.build(), HttpResponse.BodyHandlers.ofString());
    }

    private String raw(String request) throws IOException {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.port())) {
            socket.setSoTimeout(10_000);
            socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
            return new String(socket.getInputStream().readNBytes("HTTP/1.1 200".length()), StandardCharsets.UTF_8);
        }
    }
}
