package dev.sluice.gateway.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Heads of engines' answers; requests are the business of {@code FramingCorpusTest}. */
@Timeout(20)
class CorpusTest {
    static List<Corpus> responses() throws IOException {
        return Corpus.read("responses.txt");
    }

    @ParameterizedTest
    @MethodSource("responses")
    void aResponseHeadGetsItsVerdict(Corpus row) throws Exception {
        for (ByteBuffer b : List.of(ByteBuffer.wrap(row.bytes()), direct(row.bytes()))) {
            if (row.verdict().equals("accept")) {
                assertThat(parse(b).status()).isBetween(100, 599);
            } else {
                assertThat(row.verdict()).isIn("refuse", "may", "strict");
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
