package dev.sluice.core.index;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.dynatrace.hash4j.hashing.Hashing;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Random;
import org.junit.jupiter.api.Test;

class Xxh64Test {
    @Test
    void everyLengthAndSeedHashesAsHash4jDoes() {
        Random random = new Random(1);
        for (int round = 0; round < 20; round++) {
            for (int length = 0; length < 200; length++) {
                byte[] bytes = new byte[length];
                random.nextBytes(bytes);
                long seed = round == 0 ? 0 : random.nextLong();
                long expected = Hashing.xxh64(seed).hashBytesToLong(bytes);
                int from = random.nextInt(9);
                ByteBuffer heap = ByteBuffer.allocate(length + 16).put(from, bytes);
                ByteBuffer direct = ByteBuffer.allocateDirect(length + 16).put(from, bytes);
                assertThat(Xxh64.hash(heap, from, length, seed)).isEqualTo(expected);
                assertThat(Xxh64.hash(direct.asReadOnlyBuffer(), from, length, seed))
                        .isEqualTo(expected);
            }
        }
    }

    @Test
    void twoWordsHashAsTheirSixteenBytesDo() {
        Random random = new Random(2);
        for (int i = 0; i < 1000; i++) {
            long a = random.nextLong();
            long b = random.nextLong();
            ByteBuffer bytes = ByteBuffer.allocate(16)
                    .order(ByteOrder.LITTLE_ENDIAN)
                    .putLong(0, a)
                    .putLong(8, b);
            assertThat(Xxh64.hash(a, b)).isEqualTo(Xxh64.hash(bytes, 0, 16, 0));
        }
    }

    @Test
    void textHashesAsItsUtf8Bytes() {
        assertThat(Xxh64.hash("", 0)).isEqualTo(0xEF46DB3751D8E999L);
        assertThat(Xxh64.hash("grüße", 7)).isEqualTo(Hashing.xxh64(7).hashBytesToLong("grüße".getBytes(UTF_8)));
    }

    /** The rows of llm-d's precise index: root = H(H(seed), model), key = H(parent, 16 tokens, extras). */
    @Test
    void llmdsPreciseKeysComeOut() {
        assertThat(precise("", "")).containsExactly(0xbc179097a38e1274L, 0x893932c05ff064acL);
        assertThat(precise("test-seed", "")).containsExactly(0xa24bc211fd2ba6cfL, 0xd473e6e76736d8d5L);
        assertThat(precise("test-seed", "mm-hash-a")).containsExactly(0xbf58a3a2214de859L, 0xed97caf13d19ca41L);
    }

    private static long[] precise(String seed, String extra) {
        long root = block(Xxh64.hash(seed, 0), 1, 0, "test-model");
        long first = block(root, 1, 16, extra);
        return new long[] {first, block(first, 17, 16, "")};
    }

    private static long block(long parent, int token, int tokens, String extra) {
        ByteBuffer bytes =
                ByteBuffer.allocate(256).order(ByteOrder.LITTLE_ENDIAN).putLong(parent);
        for (int i = 0; i < tokens; i++) {
            bytes.putInt(token + i);
        }
        if (!extra.isEmpty()) {
            bytes.putLong(extra.length()).put(extra.getBytes(UTF_8));
        }
        return Xxh64.hash(bytes, 0, bytes.position(), 0);
    }
}
