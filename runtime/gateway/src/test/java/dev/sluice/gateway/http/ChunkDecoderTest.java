package dev.sluice.gateway.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class ChunkDecoderTest {
    private static final String BODY =
            "4\r\nWiki\r\n006\r\npedia \r\nE;a=b;c=\"d\"\r\nin \r\n\r\nchunks.\r\n0;x\r\nTrailer: y\r\nT2:\r\n\r\n";
    private static final String TEXT = "Wikipedia in \r\n\r\nchunks.";

    /** Decodes pieces as they would come from a socket: each is put behind what was decoded. */
    private static String decode(byte[] bytes, boolean strict, int... cuts) throws ChunkDecoder.BadChunk {
        ChunkDecoder decoder = new ChunkDecoder(strict);
        decoder.reset();
        ByteBuffer b = ByteBuffer.allocate(bytes.length + 16);
        int out = 7;
        int from = 0;
        for (int i = 0; i <= cuts.length; i++) {
            int to = i == cuts.length ? bytes.length : cuts[i];
            b.put(out, bytes, from, to - from);
            int end = out + to - from;
            int next = decoder.decode(b, out, end, out);
            if (decoder.ended()) {
                int rest = end - decoder.next();
                return text(b, next) + (i == cuts.length ? "|" + rest : "|" + (rest + bytes.length - to));
            }
            assertThat(decoder.next()).isEqualTo(end);
            out = next;
            from = to;
        }
        return text(b, out) + "...";
    }

    private static String text(ByteBuffer b, int end) {
        return Bytes.string(b, 7, end);
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    @Test
    void everySplitInTwoAndInThreeGivesTheSame() throws Exception {
        byte[] body = bytes(BODY + "NEXT");
        for (int i = 0; i <= body.length; i++) {
            assertThat(decode(body, false, i)).as("split at " + i).isEqualTo(TEXT + "|4");
            for (int j = i; j <= body.length; j++) {
                assertThat(decode(body, false, i, j))
                        .as("split at " + i + ", " + j)
                        .isEqualTo(TEXT + "|4");
            }
        }
    }

    @Test
    void everyPrefixIsUnfinished() throws Exception {
        for (int i = 0; i < BODY.length(); i++) {
            assertThat(decode(bytes(BODY.substring(0, i)), false)).endsWith("...");
        }
    }

    @Test
    void requestsHaveNeitherExtensionsNorTrailers() throws Exception {
        assertThat(decode(bytes("1\r\na\r\n0\r\n\r\n"), true)).isEqualTo("a|0");
        for (String bad : new String[] {"1;x\r\na\r\n0\r\n\r\n", "1\r\na\r\n0\r\nX: y\r\n\r\n"}) {
            assertThatThrownBy(() -> decode(bytes(bad), true)).isInstanceOf(ChunkDecoder.BadChunk.class);
        }
    }

    @Test
    void extensionsAndTrailersAreBounded() {
        for (String bad :
                new String[] {"1;" + "x".repeat(300) + "\r\na\r\n", "0\r\nX: " + "y".repeat(9000) + "\r\n\r\n"}) {
            assertThatThrownBy(() -> decode(bytes(bad), false)).isInstanceOf(ChunkDecoder.BadChunk.class);
        }
    }

    @Test
    void whatAnEncoderMakesComesBackWhateverThePieces() throws Exception {
        SplittableRandom r = new SplittableRandom(7);
        for (int n = 0; n < 2_000; n++) {
            StringBuilder plain = new StringBuilder();
            StringBuilder coded = new StringBuilder();
            for (int k = r.nextInt(1, 20); k > 0; k--) {
                String data = "d".repeat(r.nextInt(1, 200));
                plain.append(data);
                coded.append(Integer.toHexString(data.length()))
                        .append("\r\n")
                        .append(data)
                        .append("\r\n");
            }
            coded.append("0\r\n\r\n");
            int[] cuts = r.ints(r.nextInt(10), 0, coded.length()).sorted().toArray();
            assertThat(decode(bytes(coded.toString()), r.nextBoolean(), cuts)).isEqualTo(plain + "|0");
        }
    }

    @Test
    void damagedFramingIsDecodedOrRefusedAndNeverGivesMoreThanCame() {
        SplittableRandom r = new SplittableRandom(8);
        for (int n = 0; n < 100_000; n++) {
            byte[] body = bytes(BODY);
            for (int k = r.nextInt(1, 4); k > 0; k--) {
                body[r.nextInt(body.length)] = (byte) r.nextInt(256);
            }
            try {
                assertThat(decode(body, r.nextBoolean(), r.nextInt(body.length)).length())
                        .isLessThan(body.length + 4);
            } catch (ChunkDecoder.BadChunk e) {
                assertThat(e.what()).isNotEmpty();
            }
        }
    }
}
