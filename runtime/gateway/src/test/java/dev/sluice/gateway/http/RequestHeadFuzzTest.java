package dev.sluice.gateway.http;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** Heads: what is accepted obeys the grammar, means the same to Helidon, and the same when it is written down and read again. */
class RequestHeadFuzzTest {
    @FuzzTest
    void head(byte[] input) throws IOException {
        RequestHead head;
        try {
            head = HeadFuzzTest.parse(input, 3);
        } catch (RequestException e) {
            check(e.status() == 400
                    || e.status() == 417
                    || e.status() == 431
                    || e.status() == 501
                    || e.status() == 505);
            return;
        } catch (Bytes.BareLineEnd e) {
            return;
        }
        if (head.end == 0 || head.method().isEmpty()) {
            return; // incomplete, or an empty line before a request
        }
        HeadFuzzTest.obeysTheRules(head);
        byte[] again = written(head);
        RequestHead second;
        try {
            second = HeadFuzzTest.parse(again, 0);
        } catch (RequestException | Bytes.BareLineEnd e) {
            throw new AssertionError("what was accepted is refused when it is written again", e);
        }
        check(Arrays.equals(written(second), again));
        check(head.contentLength() == second.contentLength() && head.chunked() == second.chunked());
        check(head.keepAlive() == second.keepAlive() && head.expectContinue() == second.expectContinue());
        helidon(head, input);
    }

    private static void helidon(RequestHead head, byte[] input) {
        boolean path = input[head.method().length() + 1] == '/';
        if (head.http10() || !path) {
            return; // Helidon does not know it
        }
        HelidonOracleTest.Opinion theirs = HelidonOracleTest.helidon(Arrays.copyOf(input, head.length()));
        check(theirs == null || theirs.equals(HelidonOracleTest.ours(head)));
    }

    private static byte[] written(RequestHead head) {
        StringBuilder text = new StringBuilder(head.method())
                .append(' ')
                .append(Bytes.string(head.bytes, head.start + head.method().length() + 1, targetEnd(head)))
                .append(head.http10() ? " HTTP/1.0\r\n" : " HTTP/1.1\r\n");
        for (int i = 0; i < head.count(); i++) {
            text.append(head.name(i)).append(": ").append(head.value(i)).append("\r\n");
        }
        return text.append("\r\n").toString().getBytes(StandardCharsets.ISO_8859_1);
    }

    private static int targetEnd(RequestHead head) {
        int at = head.start + head.method().length() + 1;
        while (head.bytes.get(at) != ' ') {
            at++;
        }
        return at;
    }

    private static void check(boolean holds) {
        if (!holds) {
            throw new AssertionError();
        }
    }
}
