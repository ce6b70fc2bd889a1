package dev.sluice.gateway.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.helidon.common.tls.Tls;
import io.helidon.webserver.WebServer;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The same behaviour where Helidon's socket carries the bytes. */
@Timeout(30)
class TlsTest {
    private static final String GET = "GET /hot HTTP/1.1\r\nHost: a\r\n\r\n";

    @TempDir
    static Path directory;

    private static SSLContext context;

    @BeforeAll
    static void makeCertificate() throws Exception {
        Path store = directory.resolve("key.p12");
        Process keytool = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "keytool")
                                .toString(),
                        "-genkeypair",
                        "-alias",
                        "a",
                        "-keyalg",
                        "EC",
                        "-dname",
                        "CN=localhost",
                        "-validity",
                        "2",
                        "-storetype",
                        "PKCS12",
                        "-storepass",
                        "changeit",
                        "-keystore",
                        store.toString())
                .redirectErrorStream(true)
                .start();
        assertThat(keytool.waitFor())
                .as(new String(keytool.getInputStream().readAllBytes(), StandardCharsets.UTF_8))
                .isZero();
        KeyStore keys = KeyStore.getInstance("PKCS12");
        char[] password = "changeit".toCharArray();
        try (InputStream in = Files.newInputStream(store)) {
            keys.load(in, password);
        }
        KeyStore trusted = KeyStore.getInstance("PKCS12");
        trusted.load(null, null);
        trusted.setCertificateEntry("a", (X509Certificate) keys.getCertificate("a"));
        KeyManagerFactory keyManagers = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        keyManagers.init(keys, password);
        TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(trusted);
        context = SSLContext.getInstance("TLS");
        context.init(keyManagers.getKeyManagers(), trust.getTrustManagers(), null);
    }

    private static final class TlsFront implements AutoCloseable {
        final Loop loop = Loop.start("tls-test");
        final WebServer server;

        TlsFront(HttpLimits limits, Front.Handler handler) {
            HotConnections connections = new HotConnections(
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
                            return message.getBytes(StandardCharsets.UTF_8);
                        }
                    },
                    limits);
            server = connections
                    .install(WebServer.builder())
                    .port(0)
                    .host("127.0.0.1")
                    .shutdownHook(false)
                    .tls(Tls.builder().sslContext(context).build())
                    .routing(r -> r.get("/cold", (q, s) -> s.send("cold"))
                            .post("/cold/echo", (q, s) -> s.send(q.content().as(byte[].class))))
                    .build()
                    .start();
        }

        Raw client() throws IOException {
            SSLSocket s = (SSLSocket) context.getSocketFactory().createSocket("127.0.0.1", server.port());
            s.startHandshake();
            return new Raw(s);
        }

        @Override
        public void close() {
            server.stop();
            loop.close();
        }
    }

    @Test
    void hotAndColdRequestsMixAndPipeline() throws Exception {
        try (TlsFront front = new TlsFront(HttpLimits.DEFAULT, x -> {
                    assertThat(x.secure()).isTrue();
                    HotConnectionsTest.echo(x);
                });
                Raw client = front.client()) {
            String large = "x".repeat(200_000);
            for (int i = 0; i < 3; i++) {
                client.send(HotConnectionsTest.post("/hot", large)
                        + "GET /cold HTTP/1.1\r\nHost: a\r\n\r\n"
                        + HotConnectionsTest.post("/cold/echo", large)
                        + HotConnectionsTest.post("/hot", "small"));
                assertThat(client.answer().body()).isEqualTo(large);
                assertThat(client.answer().body()).isEqualTo("cold");
                assertThat(client.answer().body()).isEqualTo(large);
                assertThat(client.answer().body()).isEqualTo("small");
            }
        }
    }

    @Test
    void aClientThatLeavesIsNoticed() throws Exception {
        CompletableFuture<Long> noticed = new CompletableFuture<>();
        CountDownLatch in = new CountDownLatch(1);
        try (TlsFront front = new TlsFront(HttpLimits.DEFAULT, x -> {
                    x.onGone(() -> noticed.complete(System.nanoTime()));
                    in.countDown();
                    noticed.join();
                    x.abort();
                });
                Raw client = front.client()) {
            client.send(GET);
            in.await();
            long left = System.nanoTime();
            client.socket.close();
            assertThat(noticed.get() - left).isLessThan(TimeUnit.MILLISECONDS.toNanos(200));
        }
    }

    @Test
    void aStreamIsCutWithoutItsEnd() throws Exception {
        try (TlsFront front = new TlsFront(HttpLimits.DEFAULT, x -> {
                    x.startStream(200, x.headers());
                    x.write(ByteBuffer.wrap(new byte[40_000]));
                    x.abort();
                });
                Raw client = front.client()) {
            client.send(GET).head();
            assertThat(client.chunk()).hasSize(40_000);
            assertThatThrownBy(client::chunk).isInstanceOf(IOException.class);
        }
    }

    @Test
    void slowHeadsAndReadersAreGivenUp() throws Exception {
        HttpLimits quick = new HttpLimits(
                32 << 10,
                100,
                Duration.ofMillis(300),
                Duration.ofMillis(300),
                1000,
                Duration.ofMillis(600),
                Duration.ofMillis(300),
                Duration.ofMillis(200));
        CompletableFuture<Throwable> failure = new CompletableFuture<>();
        try (TlsFront front = new TlsFront(quick, x -> {
                    x.startStream(200, x.headers());
                    try {
                        for (int i = 0; i < 2_000; i++) {
                            x.write(ByteBuffer.allocateDirect(100_000));
                        }
                        failure.complete(new AssertionError("all was taken"));
                    } catch (IOException e) {
                        failure.complete(e);
                        throw e;
                    }
                });
                Raw slow = front.client()) {
            slow.send("GET /hot HTTP/1.1\r\n");
            assertThat(slow.answer().status()).isEqualTo(408);
            try (Raw reader = front.client()) {
                reader.send(GET);
                assertThat(failure.get()).isInstanceOf(ClientGone.class);
            }
        }
    }
}
