package dev.sluice.gateway.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.helidon.common.buffers.DataReader;
import io.helidon.http.Headers;
import io.helidon.http.HttpPrologue;
import io.helidon.webserver.http1.Http1Headers;
import io.helidon.webserver.http1.Http1Prologue;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * Helidon's parser as a second opinion: a head that we accept and hand on must not mean something else to it. That it
 * refuses what we accept is allowed only where listed.
 */
class HelidonOracleTest {
    record Opinion(
            String method, String path, int lines, @Nullable String host) {}

    static Opinion ours(RequestHead head) {
        // Helidon takes methods in any case
        return new Opinion(
                head.method().toUpperCase(Locale.ROOT),
                head.path(),
                head.count(),
                head.header("host").orElse(null));
    }

    static @Nullable Opinion helidon(byte[] bytes) {
        DataReader reader = DataReader.create(List.of(bytes, new byte[0]).iterator()::next);
        try {
            HttpPrologue prologue = new Http1Prologue(reader, 32768, true).readPrologue();
            Headers headers = new Http1Headers(reader, 32768, true).readHeaders(prologue);
            int lines = headers.stream().mapToInt(h -> h.valueCount()).sum();
            return new Opinion(
                    prologue.method().text(),
                    prologue.uriPath().rawPath(),
                    lines,
                    headers.first(io.helidon.http.HeaderNames.HOST).orElse(null));
        } catch (RuntimeException e) {
            return null;
        }
    }

    @Test
    void whatWeHandOnMeansTheSameToHelidon() throws Exception {
        SplittableRandom r = new SplittableRandom(11);
        List<byte[]> seeds = Corpus.read("requests.txt").stream()
                .map(Corpus::bytes)
                .filter(b -> b.length > 20 && b.length < 2000)
                .toList();
        String alphabet = "\r\n\0\t :;,/\"%_-Za0";
        int same = 0;
        int refused = 0;
        for (int n = 0; n < 40_000; n++) {
            byte[] bytes = seeds.get(n % seeds.size()).clone();
            for (int k = n < seeds.size() ? 0 : r.nextInt(1, 4); k > 0; k--) {
                bytes[r.nextInt(bytes.length)] = (byte) alphabet.charAt(r.nextInt(alphabet.length()));
            }
            RequestHead head = accepted(bytes);
            if (head == null || head.http10() || head.target().startsWith("*")) {
                continue; // Helidon knows neither
            }
            Opinion theirs = helidon(Arrays.copyOfRange(bytes, head.start, head.end));
            if (theirs == null) {
                refused++;
            } else if (bytes[head.method().length() + 1] == '/') {
                assertThat(theirs).isEqualTo(ours(head));
                same++;
            }
        }
        assertThat(same).isGreaterThan(2_000);
        assertThat(refused).isLessThan(same / 2);
    }

    private static @Nullable RequestHead accepted(byte[] bytes) throws IOException {
        try {
            java.nio.ByteBuffer b = java.nio.ByteBuffer.wrap(bytes);
            int end = Bytes.endOfHead(b, 0, 0, bytes.length);
            return end < 3 ? null : new RequestHead().parse(b, 0, end, 100);
        } catch (RequestException | Bytes.BareLineEnd e) {
            return null;
        }
    }
}
