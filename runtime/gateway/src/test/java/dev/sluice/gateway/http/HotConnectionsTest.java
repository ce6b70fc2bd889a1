package dev.sluice.gateway.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class HotConnectionsTest {
    static final ByteBudget BUDGET = new ByteBudget(256 << 20);

    static void echo(ClientExchange x) throws IOException, InterruptedException {
        ByteBuffer body = x.readBody(64 << 20, BUDGET);
        x.respond(200, x.headers().add("x-path", x.head().path()), body);
    }

    static String post(String path, String body) {
        return "POST " + path + " HTTP/1.1\r\nHost: a\r\nContent-Length: " + body.length() + "\r\n\r\n" + body;
    }

    @Test
    void hotAndColdRequestsMixOnOneConnection() throws Exception {
        try (Front front = new Front(HotConnectionsTest::echo);
                Raw client = front.client()) {
            for (int i = 0; i < 20; i++) {
                assertThat(client.send(post("/hot/" + i, "body" + i)).answer().body())
                        .isEqualTo("body" + i);
                assertThat(client.send("GET /cold HTTP/1.1\r\nHost: a\r\n\r\n")
                                .answer()
                                .body())
                        .isEqualTo("cold");
                assertThat(client.send("GET /none HTTP/1.1\r\nHost: a\r\n\r\n")
                                .answer()
                                .status())
                        .isEqualTo(404);
                String large = "x".repeat(400_000);
                assertThat(client.send(post("/cold/echo", large)).answer().body())
                        .isEqualTo(large);
                assertThat(client.send(post("/hot", large)).answer().body()).isEqualTo(large);
            }
        }
    }

    @Test
    void plaintextConnectionsRunOnTheirOwnChannel() throws Exception {
        try (Front front = new Front(HotConnectionsTest::echo);
                Raw client = front.client()) {
            assertThat(client.send(post("/hot", "a")).answer().status()).isEqualTo(200);
            assertThat(front.connections.direct()).isEqualTo(1);
            assertThat(front.connections.connections()).isEqualTo(1);
        }
    }

    @Test
    void pipelinedRequestsAreAnsweredInOrder() throws Exception {
        try (Front front = new Front(HotConnectionsTest::echo);
                Raw client = front.client()) {
            StringBuilder all = new StringBuilder();
            for (int i = 0; i < 50; i++) {
                all.append(post("/hot", "hot" + i));
                all.append("GET /cold HTTP/1.1\r\nHost: a\r\n\r\n");
                all.append(post("/cold/echo", "echo" + i));
                all.append("POST /cold/echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
                all.append("4\r\nWiki\r\n5\r\npedia\r\n0\r\n\r\n");
                all.append("POST /hot HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
                all.append("4\r\nWiki\r\n5\r\npedia\r\n0\r\n\r\n");
            }
            client.send(all.toString());
            for (int i = 0; i < 50; i++) {
                assertThat(client.answer().body()).isEqualTo("hot" + i);
                assertThat(client.answer().body()).isEqualTo("cold");
                assertThat(client.answer().body()).isEqualTo("echo" + i);
                assertThat(client.answer().body()).isEqualTo("Wikipedia");
                assertThat(client.answer().body()).isEqualTo("Wikipedia");
            }
        }
    }

    @Test
    void aStreamIsChunked() throws Exception {
        try (Front front = new Front(x -> {
                    x.startStream(200, x.headers().add("content-type", "text/event-stream"));
                    for (int i = 0; i < 5; i++) {
                        x.write(ByteBuffer.wrap(("data: " + i + "\n\n").getBytes(StandardCharsets.UTF_8)));
                    }
                    x.write(ByteBuffer.wrap(new byte[100_000]));
                    x.finish();
                });
                Raw client = front.client()) {
            client.send("GET /hot HTTP/1.1\r\nHost: a\r\n\r\n");
            assertThat(client.head()).contains("transfer-encoding: chunked").contains("HTTP/1.1 200 OK");
            for (int i = 0; i < 5; i++) {
                assertThat(client.chunk()).isEqualTo("data: " + i + "\n\n");
            }
            assertThat(client.chunk()).hasSize(100_000);
            assertThat(client.chunk()).isEmpty();
            assertThat(client.send("GET /hot HTTP/1.0\r\n\r\n").answer().body()).hasSize(100_000 + 5 * 9);
            assertThat(client.ended()).isTrue();
        }
    }
}
