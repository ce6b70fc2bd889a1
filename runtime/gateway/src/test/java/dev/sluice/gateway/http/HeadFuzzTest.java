package dev.sluice.gateway.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** Heads that are generated from the grammar are read right; heads that are damaged never do more than be refused. */
class HeadFuzzTest {
    private static final long SEED = 20261124;
    private static final String TOKEN = "!#$%&'*+-.^`|~09azAZ";

    private record Generated(String method, String target, List<String> names, List<String> values, byte[] bytes) {}

    private static String pick(SplittableRandom r, String from, int most) {
        StringBuilder s = new StringBuilder();
        for (int i = r.nextInt(1, most); i > 0; i--) {
            s.append(from.charAt(r.nextInt(from.length())));
        }
        return s.toString();
    }

    private static Generated generate(SplittableRandom r) {
        String method = pick(r, TOKEN, 10);
        String target = "/" + pick(r, "azAZ09-._~!$&'()*+,;=:@/?", 40);
        List<String> names = new ArrayList<>(List.of("Host"));
        List<String> values = new ArrayList<>(List.of("example:80"));
        for (int i = r.nextInt(12); i > 0; i--) {
            names.add("x" + pick(r, TOKEN, 12));
            String value = pick(r, "azAZ09 \t,;=\"\\\u00e4\u00ff", 30).strip();
            values.add(value);
        }
        StringBuilder text = new StringBuilder(method + " " + target + " HTTP/1.1\r\n");
        for (int i = 0; i < names.size(); i++) {
            text.append(names.get(i))
                    .append(':')
                    .append(" \t ".substring(r.nextInt(4)))
                    .append(values.get(i));
            text.append(" \t ".substring(r.nextInt(4))).append("\r\n");
        }
        return new Generated(method, target, names, values, (text + "\r\n").getBytes(StandardCharsets.ISO_8859_1));
    }

    static RequestHead parse(byte[] bytes, int offset) throws IOException, Bytes.BareLineEnd {
        ByteBuffer b = ByteBuffer.allocateDirect(bytes.length + offset);
        b.put(offset, bytes);
        int end = Bytes.endOfHead(b, offset, offset, b.capacity());
        return end < 0 ? new RequestHead() : new RequestHead().parse(b, offset, end, 100);
    }

    @Test
    void whatTheGrammarMakesIsReadRight() throws Exception {
        SplittableRandom r = new SplittableRandom(SEED);
        for (int n = 0; n < 20_000; n++) {
            Generated g = generate(r);
            RequestHead head = parse(g.bytes(), r.nextInt(20));
            assertThat(head.method()).isEqualTo(g.method());
            assertThat(head.target()).isEqualTo(g.target());
            assertThat(head.path() + (head.query().isEmpty() ? "" : "?" + head.query()))
                    .isEqualTo(g.target().endsWith("?") && head.query().isEmpty() ? head.path() : g.target());
            assertThat(head.count()).isEqualTo(g.names().size());
            for (int i = 0; i < head.count(); i++) {
                assertThat(head.name(i)).isEqualTo(g.names().get(i));
                assertThat(head.value(i)).isEqualTo(g.values().get(i));
            }
        }
    }

    @Test
    void theEndOfAHeadIsFoundAtEverySplit() throws Exception {
        SplittableRandom r = new SplittableRandom(SEED + 1);
        for (int n = 0; n < 200; n++) {
            byte[] bytes = generate(r).bytes();
            ByteBuffer b = ByteBuffer.wrap(Arrays.copyOf(bytes, bytes.length + 8));
            for (int split = 0; split < bytes.length; split++) {
                assertThat(Bytes.endOfHead(b, 0, 0, split)).isEqualTo(-1);
                assertThat(Bytes.endOfHead(b, 0, split, bytes.length)).isEqualTo(bytes.length);
            }
        }
    }

    @Test
    void damagedHeadsAreReadOrRefusedAndNothingElse() throws Exception {
        SplittableRandom r = new SplittableRandom(SEED + 2);
        String alphabet = "\r\n\0\t :;,/\\\"%\u007f\u00ffaZ0_-";
        int accepted = 0;
        int refused = 0;
        List<byte[]> seeds = new ArrayList<>();
        for (Corpus row : Corpus.read("requests.txt")) {
            if (row.bytes().length > 0 && row.bytes().length < 2000) {
                seeds.add(row.bytes());
            }
        }
        for (int n = 0; n < 60_000; n++) {
            byte[] bytes = (n & 1) == 0
                    ? generate(r).bytes()
                    : seeds.get(r.nextInt(seeds.size())).clone();
            for (int k = r.nextInt(1, 4); k > 0; k--) {
                int at = r.nextInt(bytes.length);
                switch (r.nextInt(3)) {
                    case 0 -> bytes[at] = (byte) alphabet.charAt(r.nextInt(alphabet.length()));
                    case 1 -> bytes[at] = (byte) r.nextInt(256);
                    default -> bytes = Arrays.copyOf(bytes, Math.max(1, at));
                }
            }
            try {
                RequestHead head = parse(bytes, 0);
                if (head.count() > 0) {
                    accepted++;
                    obeysTheRules(head);
                }
            } catch (RequestException e) {
                refused++;
                assertThat(e.status()).isIn(400, 417, 431, 501, 505);
            } catch (Bytes.BareLineEnd e) {
                refused++;
            }
        }
        assertThat(accepted).isGreaterThan(3_000);
        assertThat(refused).isGreaterThan(3_000);
    }

    /** What holds for each head that is accepted, however it came about: checked without the parser's own means. */
    static void obeysTheRules(RequestHead head) {
        byte[] raw = new byte[head.length()];
        head.bytes.get(head.start, raw);
        String text = new String(raw, StandardCharsets.ISO_8859_1);
        assertThat(text).endsWith("\r\n\r\n").doesNotContain("\0");
        assertThat(text.replace("\r\n", "")).doesNotContain("\r").doesNotContain("\n");
        List<String> lines = text.substring(0, text.length() - 4).lines().toList();
        assertThat(lines).hasSize(head.count() + 1);
        assertThat(lines.getFirst()).matches("\\S+ \\S+ HTTP/1\\.[01]");
        int hosts = 0;
        int lengths = 0;
        int encodings = 0;
        for (String line : lines.subList(1, lines.size())) {
            int colon = line.indexOf(':');
            assertThat(colon).isPositive();
            String name = line.substring(0, colon).toLowerCase(java.util.Locale.ROOT);
            assertThat(name).matches("[!#$%&'*+\\-.^`|~0-9a-z]+");
            hosts += name.equals("host") ? 1 : 0;
            lengths += name.equals("content-length") ? 1 : 0;
            encodings += name.equals("transfer-encoding") ? 1 : 0;
        }
        assertThat(lengths + encodings).isLessThan(2);
        assertThat(hosts).isBetween(head.http10() ? 0 : 1, 1);
        assertThat(head.chunked()).isEqualTo(encodings == 1);
        assertThat(head.contentLength() >= 0).isEqualTo(lengths == 1);
    }

    @Test
    void damagedResponseHeadsAreReadOrRefusedAndNothingElse() throws Exception {
        SplittableRandom r = new SplittableRandom(SEED + 3);
        List<Corpus> rows = Corpus.read("responses.txt");
        for (int n = 0; n < 30_000; n++) {
            byte[] bytes = rows.get(r.nextInt(rows.size())).bytes().clone();
            for (int k = r.nextInt(1, 4); k > 0; k--) {
                bytes[r.nextInt(bytes.length)] = (byte) r.nextInt(256);
            }
            try {
                ByteBuffer b = ByteBuffer.wrap(bytes);
                int end = Bytes.endOfHead(b, 0, 0, bytes.length);
                if (end > 0) {
                    assertThat(new ResponseHead().parse(b, 0, end, 256).status())
                            .isBetween(100, 599);
                }
            } catch (UpstreamException.UpstreamProtocol | Bytes.BareLineEnd e) {
                assertThat(e).isNotNull();
            }
        }
    }
}
