package dev.sluice.core.kv;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.core.index.Xxh64;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Random;
import org.junit.jupiter.api.Test;

class BlockKeysTest {
    private static final long[] NO_EXTRAS = {};

    @Test
    void tokensHashAsTheirLittleEndianBytes() {
        Random random = new Random(1);
        for (int count = 0; count < 70; count++) {
            int[] tokens = random.ints(count + 5).toArray();
            ByteBuffer bytes = ByteBuffer.allocate(4 * tokens.length).order(ByteOrder.LITTLE_ENDIAN);
            bytes.asIntBuffer().put(tokens);
            assertThat(Xxh64.hash(tokens, 3, count)).isEqualTo(Xxh64.hash(bytes, 12, 4 * count, 0));
        }
    }

    @Test
    void aKeyStandsForAllTokensBeforeIt() {
        BlockKeys keys = new BlockKeys(5);
        int[] tokens = {1, 2, 3, 4, 5, 6, 7, 8};
        long[] whole = keys.of(tokens, 8, 4, "", NO_EXTRAS);
        assertThat(whole).hasSize(2);
        assertThat(keys.of(tokens, 7, 4, "", NO_EXTRAS)).containsExactly(whole[0]);
        tokens[0] = 9;
        long[] other = keys.of(tokens, 8, 4, "", NO_EXTRAS);
        assertThat(other[0]).isNotEqualTo(whole[0]);
        assertThat(other[1]).isNotEqualTo(whole[1]);
    }

    @Test
    void secretBlockSizeAdapterAndExtrasChangeKeys() {
        int[] tokens = {1, 2, 3, 4};
        long key = new BlockKeys(5).of(tokens, 4, 4, "", NO_EXTRAS)[0];
        assertThat(new BlockKeys(6).of(tokens, 4, 4, "", NO_EXTRAS)[0]).isNotEqualTo(key);
        assertThat(new BlockKeys(5).of(tokens, 4, 2, "", NO_EXTRAS)[1]).isNotEqualTo(key);
        assertThat(new BlockKeys(5).of(tokens, 4, 4, "lora", NO_EXTRAS)[0]).isNotEqualTo(key);
        assertThat(new BlockKeys(5).of(tokens, 4, 4, "", new long[] {1})[0]).isNotEqualTo(key);
        assertThat(new BlockKeys(5).of(tokens, 4, 4, "", new long[] {0})[0]).isEqualTo(key);
    }

    @Test
    void wordsForMediaAreUnderstood() {
        assertThat(Tier.of("")).isEqualTo(Tier.GPU);
        assertThat(Tier.of("GPU")).isEqualTo(Tier.GPU);
        assertThat(Tier.of("CPU_PINNED")).isEqualTo(Tier.CPU);
        assertThat(Tier.of("cpu")).isEqualTo(Tier.CPU);
        assertThat(Tier.of("DISK")).isEqualTo(Tier.DISK);
        assertThat(Tier.of("moon")).isEqualTo(Tier.DISK);
    }
}
