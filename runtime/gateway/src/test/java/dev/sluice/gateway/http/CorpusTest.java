package dev.sluice.gateway.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

@Timeout(20)
class CorpusTest {
    private static Front front;

    @BeforeAll
    static void start() {
        front = new Front(x -> {
            x.readBody(1 << 20, HotConnectionsTest.BUDGET);
            x.respond(200, x.headers(), new byte[0]);
        });
    }

    @AfterAll
    static void stop() {
        front.close();
        assertThat(HotConnectionsTest.BUDGET.used()).isZero();
    }

    static List<Corpus> requests() throws IOException {
        return Corpus.read("requests.txt");
    }

    static List<Corpus> responses() throws IOException {
        return Corpus.read("responses.txt");
    }

    @ParameterizedTest
    @MethodSource("requests")
    void aRequestGetsItsVerdict(Corpus row) throws Exception {
        assertThat(answers(row.bytes(), row.bytes().length)).as(row.toString()).isEqualTo(row.verdict());
    }

    @ParameterizedTest
    @MethodSource("requests")
    void theVerdictDoesNotDependOnHowTheBytesArrive(Corpus row) throws Exception {
        int n = row.bytes().length;
        for (int piece : new int[] {1, 3, 7, n / 2}) {
            if (piece > 0 && n < 400) {
                assertThat(settled(answers(row.bytes(), piece)))
                        .as(row + " in pieces of " + piece)
                        .isEqualTo(settled(row.verdict()));
            }
        }
    }

    /** Without interim answers: whether one is due depends on whether the body is here when the head is. */
    private static String settled(String statuses) {
        return statuses.replace("100 ", "");
    }

    /** All statuses that come until the connection ends. */
    private static String answers(byte[] bytes, int piece) throws IOException {
        try (Raw client = front.client()) {
            for (int i = 0; i < bytes.length; i += piece) {
                try {
                    client.send(java.util.Arrays.copyOfRange(bytes, i, Math.min(bytes.length, i + piece)));
                } catch (IOException e) {
                    break;
                }
            }
            client.socket.shutdownOutput();
            List<String> statuses = new ArrayList<>();
            while (true) {
                Raw.Answer answer;
                try {
                    answer = client.answer();
                } catch (IOException e) {
                    break;
                }
                statuses.add(Integer.toString(answer.status()));
                if (answer.status() >= 400) {
                    assertThat(answer.closes()).isTrue();
                }
            }
            return statuses.isEmpty() ? "-" : String.join(" ", statuses);
        }
    }

    @ParameterizedTest
    @MethodSource("responses")
    void aResponseHeadGetsItsVerdict(Corpus row) throws Exception {
        for (ByteBuffer b : List.of(ByteBuffer.wrap(row.bytes()), direct(row.bytes()))) {
            if (row.verdict().equals("ok")) {
                assertThat(parse(b).status()).isBetween(100, 599);
            } else {
                assertThatThrownBy(() -> parse(b))
                        .isInstanceOfAny(UpstreamException.UpstreamProtocol.class, Bytes.BareLineEnd.class);
            }
        }
    }

    static ByteBuffer direct(byte[] bytes) {
        return ByteBuffer.allocateDirect(bytes.length).put(bytes).flip();
    }

    static ResponseHead parse(ByteBuffer b) throws IOException, Bytes.BareLineEnd {
        int end = Bytes.endOfHead(b, 0, 0, b.limit());
        return new ResponseHead().parse(b, 0, end, 256);
    }
}
