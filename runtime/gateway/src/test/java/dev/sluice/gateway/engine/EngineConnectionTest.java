package dev.sluice.gateway.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class EngineConnectionTest {
    private final FakeEngine engine;
    private final EngineConnection connection;

    EngineConnectionTest() throws IOException {
        engine = new FakeEngine();
        connection = new EngineConnection(engine.target("a"), Duration.ofSeconds(2));
    }

    @AfterEach
    void close() throws IOException {
        connection.close();
        engine.close();
    }

    @Test
    void oneConnectionCarriesManyAnswers() throws Exception {
        answers("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
        for (int i = 0; i < 5; i++) {
            assertThat(get()).isEqualTo("200 ok");
        }
        answers("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;x=y\r\no\r\n1\r\nk\r\n0\r\nT: x\r\n\r\n");
        for (int i = 0; i < 5; i++) {
            assertThat(get()).isEqualTo("200 ok");
        }
        assertThat(engine.connections).hasValue(1);
    }

    @Test
    void everyFramingIsRead() throws Exception {
        answers("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n");
        assertThat(get()).isEqualTo("204 ");
        answers("HTTP/1.1 503 Busy\r\ncontent-length: 0\r\n\r\n");
        assertThat(get()).isEqualTo("503 ");
        engine.on("/x", out -> {
            out.write("HTTP/1.0 200 OK\r\n\r\nto the end".getBytes(StandardCharsets.US_ASCII));
            out.close();
        });
        assertThat(get()).isEqualTo("200 to the end");
        answers("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok");
        int before = engine.connections.get();
        assertThat(get()).isEqualTo("200 ok");
        assertThat(get()).isEqualTo("200 ok");
        assertThat(engine.connections.get()).isEqualTo(before + 2);
    }

    @Test
    void doubtfulAnswersAreRefusedInWords() {
        assertRefused("SSH-2.0-OpenSSH\r\n\r\n", "no HTTP answer");
        assertRefused("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\nok", "framing");
        assertRefused("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nok", "framing");
        assertRefused("HTTP/1.1 200 OK\r\nContent-Length: -2\r\n\r\nok", "framing");
        assertRefused("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\nok", "framing");
        assertRefused("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n", "chunk");
        assertRefused("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nok\r\n", "chunk");
        assertRefused("HTTP/1.1 200 OK\r\nno colon\r\n\r\n", "header");
        assertRefused("HTTP/1.1 200 OK\r\nA: " + "x".repeat(9000) + "\r\n\r\n", "too long");
        assertRefused("HTTP/1.1 200 OK\r\n" + "A: x\r\n".repeat(8000) + "\r\n", "too long");
    }

    @Test
    void anAnswerThatIsCutShortIsNotTakenForAWholeOne() {
        for (String cut : new String[] {
            "HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\nok",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
            "HTTP/1.1 200 OK\r\nContent-Le",
            ""
        }) {
            engine.on("/x", out -> {
                out.write(cut.getBytes(StandardCharsets.US_ASCII));
                out.close();
            });
            assertThatThrownBy(this::get).as(cut).isInstanceOf(EngineCallException.class);
        }
    }

    @Test
    void whatFollowsAnAnswerUnaskedIsNeverTakenForTheNext() throws Exception {
        answers("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil");
        assertThat(get()).isEqualTo("200 ok");
        assertThat(get()).isEqualTo("200 ok");
        assertThat(engine.connections).hasValue(2);
    }

    @Test
    void noGarbageDoesMoreThanFail() {
        Random random = new Random(11);
        byte[] good = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nA: b\r\n\r\n5\r\nhello\r\n0\r\n\r\n"
                .getBytes(StandardCharsets.US_ASCII);
        for (int round = 0; round < 300; round++) {
            byte[] broken = good.clone();
            for (int i = random.nextInt(4); i >= 0; i--) {
                broken[random.nextInt(broken.length)] = (byte) random.nextInt(256);
            }
            engine.on("/x", out -> {
                out.write(broken);
                out.close();
            });
            try {
                assertThat(get()).startsWith(new String(broken, 9, 3, StandardCharsets.ISO_8859_1));
            } catch (EngineCallException e) {
                assertThat(e).hasMessageNotContaining("Exception");
            }
        }
    }

    private void assertRefused(String answer, String words) {
        answers(answer);
        assertThatThrownBy(this::get)
                .as(answer)
                .isInstanceOf(EngineCallException.class)
                .hasMessageContaining(words);
    }

    private void answers(String answer) {
        engine.on("/x", out -> out.write(answer.getBytes(StandardCharsets.US_ASCII)));
    }

    private String get() throws EngineCallException {
        return connection.get(
                "/x", (status, body) -> status + " " + new String(body.readAllBytes(), StandardCharsets.US_ASCII));
    }
}
