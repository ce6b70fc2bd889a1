package dev.sluice.gateway;

import static dev.sluice.gateway.GatewayFixture.CHAT;
import static dev.sluice.gateway.GatewayFixture.chat;
import static dev.sluice.gateway.ScriptedEngine.DONE;
import static dev.sluice.gateway.ScriptedEngine.begin;
import static dev.sluice.gateway.ScriptedEngine.chunk;
import static dev.sluice.gateway.ScriptedEngine.delta;
import static dev.sluice.gateway.ScriptedEngine.end;
import static dev.sluice.gateway.ScriptedEngine.finish;
import static dev.sluice.gateway.ScriptedEngine.whole;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.core.EndpointReport;
import dev.sluice.core.EndpointStatus;
import dev.sluice.gateway.config.Catalog;
import dev.sluice.gateway.config.ConfigLoader;
import dev.sluice.gateway.config.GatewayConfig;
import dev.sluice.gateway.config.Loaded;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Predicate;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class GatewayTlsTest {
    private static final String ANSWER = "{\"id\":\"c\",\"choices\":[{\"index\":0,\"finish_reason\":\"stop\"}]}";

    @TempDir
    static Path made;

    private static Certificates certificates;

    @TempDir
    Path dir;

    @BeforeAll
    static void makeCertificates() throws Exception {
        certificates = Certificates.in(made);
    }

    private Loaded load(ScriptedEngine engine, String scheme, String tls, String poolTls) throws IOException {
        return load(engine.port(), scheme, tls, poolTls);
    }

    private Loaded load(int port, String scheme, String tls, String poolTls) throws IOException {
        Path file = Files.writeString(dir.resolve("gateway.yaml"), """
                server:
                  host: 127.0.0.1
                  port: 0
                  admin: {port: 0}
                  drain: {notReadyFor: 0s}
                  limits: {headerTime: 1s}
                %s
                pools:
                  - name: chat
                    models: [base]
                    %s
                    endpoints: [{url: "%s://127.0.0.1:%d"}]
                """.formatted(tls, poolTls, scheme, port));
        return new ConfigLoader().load(file, Catalog.onClassPath());
    }

    private static GatewayConfig good(Loaded loaded) {
        return loaded.config().orElseThrow(() -> new AssertionError(loaded.errors()));
    }

    private static String serverTls(String alias, String more) {
        return "  tls: {cert: {file: \"" + certificates.certificate(alias) + "\"}, key: {file: \""
                + certificates.key(alias) + "\"}" + more + "}";
    }

    private static String engineCa(String alias) {
        return "tls: {ca: {file: \"" + certificates.certificate(alias) + "\"}}";
    }

    private static HttpClient client(SSLContext side) {
        return HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .sslContext(side)
                .build();
    }

    private static HttpResponse<String> post(HttpClient http, Gateway gateway, boolean stream)
            throws IOException, InterruptedException {
        return http.send(
                HttpRequest.newBuilder(URI.create("https://127.0.0.1:" + gateway.port() + CHAT))
                        .timeout(Duration.ofSeconds(20))
                        .header("content-type", "application/json")
                        .POST(HttpRequest.BodyPublishers.ofString(chat(stream)))
                        .build(),
                HttpResponse.BodyHandlers.ofString());
    }

    private static EndpointReport awaitEndpoint(Gateway gateway, Predicate<EndpointReport> wanted) {
        long end = System.nanoTime() + Duration.ofSeconds(20).toNanos();
        while (true) {
            EndpointReport report = gateway.runtime()
                    .settings
                    .table()
                    .pools()
                    .getFirst()
                    .pool()
                    .report()
                    .getFirst();
            if (wanted.test(report)) {
                return report;
            }
            assertThat(System.nanoTime()).as(report.toString()).isLessThan(end);
            LockSupport.parkNanos(2_000_000);
        }
    }

    @Test
    void wholeAndStreamedAnswersPassFromAnHttpsEngineToAnHttpsClient() throws Exception {
        String large = "x".repeat(300_000);
        try (ScriptedEngine engine = new ScriptedEngine("base", certificates.side("server"))
                        .does((q, out) -> whole(out, 200, ANSWER), (q, out) -> {
                            begin(out);
                            chunk(out, delta("a"));
                            chunk(out, delta(large));
                            chunk(out, finish("stop"));
                            chunk(out, DONE);
                            return end(out);
                        });
                Gateway gateway = Gateway.start(
                        good(load(engine, "https", serverTls("server", ""), engineCa("ca"))), Catalog.onClassPath());
                HttpClient http = client(certificates.side(""))) {
            assertThat(gateway.awaitReady(Duration.ofSeconds(20))).isTrue();
            assertThat(post(http, gateway, false).body()).isEqualTo(ANSWER);
            for (int i = 0; i < 3; i++) {
                assertThat(post(http, gateway, true).body())
                        .contains(delta("a"))
                        .contains(delta(large))
                        .endsWith(DONE);
            }
            long sockets = engine.requests().stream()
                    .map(ScriptedEngine.Request::socket)
                    .distinct()
                    .count();
            assertThat(sockets).as("connections are used again").isEqualTo(1);
        }
    }

    @Test
    void aClientThatLeavesClosesTheHttpsEngineBeforeAndWithinItsStream() throws Exception {
        CompletableFuture<Long> computing = new CompletableFuture<>();
        CompletableFuture<Long> streaming = new CompletableFuture<>();
        CompletableFuture<Void> asked = new CompletableFuture<>();
        try (ScriptedEngine engine = new ScriptedEngine("base", certificates.side("server"))
                        .does(
                                (q, out) -> {
                                    asked.complete(null);
                                    q.awaitClose();
                                    return !computing.complete(System.nanoTime());
                                },
                                (q, out) -> {
                                    begin(out);
                                    chunk(out, delta("a"));
                                    q.awaitClose();
                                    return !streaming.complete(System.nanoTime());
                                });
                Gateway gateway = Gateway.start(
                        good(load(engine, "https", serverTls("server", ""), engineCa("ca"))), Catalog.onClassPath())) {
            assertThat(gateway.awaitReady(Duration.ofSeconds(20))).isTrue();
            long left;
            try (Socket client = secure(gateway, "")) {
                client.getOutputStream()
                        .write(GatewayFixture.chatBytes(chat(true)).getBytes(StandardCharsets.UTF_8));
                asked.get();
                left = System.nanoTime();
            }
            assertThat(computing.get() - left).isLessThan(Duration.ofSeconds(5).toNanos());
            try (Socket client = secure(gateway, "")) {
                client.getOutputStream()
                        .write(GatewayFixture.chatBytes(chat(true)).getBytes(StandardCharsets.UTF_8));
                GatewayFixture.readUntil(client.getInputStream(), delta("a"));
                left = System.nanoTime();
            }
            assertThat(streaming.get() - left).isLessThan(Duration.ofSeconds(5).toNanos());
        }
    }

    private static SSLSocket secure(Gateway gateway, String alias) throws Exception {
        SSLSocket socket =
                (SSLSocket) certificates.side(alias).getSocketFactory().createSocket("127.0.0.1", gateway.port());
        socket.setSoTimeout(20_000);
        socket.startHandshake();
        return socket;
    }

    @Test
    void clientsWithoutACertificateAreRefusedWhereOneIsAskedFor() throws Exception {
        try (ScriptedEngine engine = new ScriptedEngine("base").does((q, out) -> whole(out, 200, ANSWER));
                Gateway gateway = Gateway.start(
                        good(load(
                                engine,
                                "http",
                                serverTls("server", ", clientCa: {file: \"" + certificates.certificate("ca") + "\"}"),
                                "")),
                        Catalog.onClassPath());
                HttpClient without = client(certificates.side(""));
                HttpClient stranger = client(certificates.side("other"));
                HttpClient known = client(certificates.side("elsewhere"))) {
            assertThat(gateway.awaitReady(Duration.ofSeconds(20))).isTrue();
            assertThatThrownBy(() -> post(without, gateway, false)).isInstanceOf(IOException.class);
            assertThatThrownBy(() -> post(stranger, gateway, false)).isInstanceOf(IOException.class);
            assertThat(post(known, gateway, false).statusCode()).isEqualTo(200);
            assertThat(engine.requests()).hasSize(1);
        }
    }

    @Test
    void anEngineOfAnotherCaIsNotReadyAndTheRightCaMendsItWithAReload() throws Exception {
        try (ScriptedEngine engine = new ScriptedEngine("base", certificates.side("server"))
                        .does((q, out) -> whole(out, 200, ANSWER));
                Gateway gateway = Gateway.start(
                        good(load(engine, "https", serverTls("server", ""), engineCa("other"))),
                        Catalog.onClassPath());
                HttpClient http = client(certificates.side(""))) {
            EndpointReport refused = awaitEndpoint(gateway, r -> r.reason().contains("certificate"));
            assertThat(refused.status()).isNotEqualTo(EndpointStatus.READY);
            assertThat(refused.reason()).contains("its certificate comes from a CA that is not trusted");
            assertThat(post(http, gateway, false).statusCode()).isEqualTo(503);

            gateway.reload(good(load(engine, "https", serverTls("server", ""), engineCa("ca"))), Catalog.onClassPath());
            assertThat(gateway.awaitReady(Duration.ofSeconds(20))).isTrue();
            assertThat(post(http, gateway, false).statusCode()).isEqualTo(200);
        }
    }

    @Test
    void anEngineWhoseCertificateIsForAnotherHostIsNotReady() throws Exception {
        try (ScriptedEngine engine = new ScriptedEngine("base", certificates.side("elsewhere"));
                Gateway gateway = Gateway.start(
                        good(load(engine, "https", serverTls("server", ""), engineCa("ca"))), Catalog.onClassPath())) {
            EndpointReport refused = awaitEndpoint(gateway, r -> r.reason().contains("certificate"));
            assertThat(refused.reason())
                    .contains("its certificate is another's")
                    .contains("127.0.0.1");
        }
    }

    @Test
    void anEngineThatSpeaksPlaintextBehindAnHttpsUrlIsNotReady() throws Exception {
        try (ServerSocket plain = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
                Gateway gateway = Gateway.start(
                        good(load(plain.getLocalPort(), "https", "", engineCa("ca"))), Catalog.onClassPath())) {
            Thread.ofVirtual().start(() -> answerBadRequest(plain));
            EndpointReport refused = awaitEndpoint(gateway, r -> r.reason().contains("TLS"));
            assertThat(refused.reason()).contains("it does not speak TLS");
            assertThat(refused.status()).isNotEqualTo(EndpointStatus.READY);
        }
    }

    /** What an HTTP server makes of a TLS hello. */
    private static void answerBadRequest(ServerSocket server) {
        while (true) {
            try (Socket socket = server.accept()) {
                socket.getOutputStream()
                        .write("HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n"
                                .getBytes(StandardCharsets.US_ASCII));
                socket.shutdownOutput();
                socket.getInputStream().readAllBytes();
            } catch (IOException e) {
                if (server.isClosed()) {
                    return;
                }
            }
        }
    }

    @Test
    void aRenewedCertificateIsShownToTheNextClientWithoutARestart() throws Exception {
        try (ScriptedEngine engine = new ScriptedEngine("base");
                Gateway gateway =
                        Gateway.start(good(load(engine, "http", serverTls("server", ""), "")), Catalog.onClassPath())) {
            try (SSLSocket client = secure(gateway, "")) {
                assertThat(client.getSession().getPeerPrincipal()).hasToString("CN=server");
            }
            gateway.reload(good(load(engine, "http", serverTls("elsewhere", ""), "")), Catalog.onClassPath());
            try (SSLSocket client = secure(gateway, "")) {
                assertThat(client.getSession().getPeerPrincipal()).hasToString("CN=elsewhere");
            }
        }
    }

    @Test
    void aKeyThatIsNotTheCertificatesIsAnErrorOfTheConfiguration() throws Exception {
        try (ScriptedEngine engine = new ScriptedEngine("base")) {
            String mixed = "  tls: {cert: {file: \"" + certificates.certificate("server") + "\"}, key: {file: \""
                    + certificates.key("elsewhere") + "\"}}";
            assertThat(load(engine, "http", mixed, "").errors())
                    .singleElement()
                    .asString()
                    .contains("gateway.yaml:7:8: server.tls: key: is not the key of the certificate");
        }
    }

    @Test
    void aConnectionThatNeverBeginsItsHandshakeIsClosed() throws Exception {
        try (ScriptedEngine engine = new ScriptedEngine("base");
                Gateway gateway =
                        Gateway.start(good(load(engine, "http", serverTls("server", ""), "")), Catalog.onClassPath());
                Socket silent = new Socket(InetAddress.getLoopbackAddress(), gateway.port());
                Socket slow = new Socket(InetAddress.getLoopbackAddress(), gateway.port())) {
            silent.setSoTimeout(10_000);
            slow.setSoTimeout(10_000);
            slow.getOutputStream().write(new byte[] {0x16, 3, 1, 0});
            assertThat(silent.getInputStream().readAllBytes()).hasSizeLessThan(64); // an alert, then the end
            assertThat(slow.getInputStream().readAllBytes()).hasSizeLessThan(64);
        }
    }
}
