package dev.sluice.core.kv;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

class LaneImageTest {
    private final Random random = new Random(9);
    private final BlockIndex index = new BlockIndex(7, 100_000);
    private final Match match = new Match();

    private static byte[] image(BlockIndex index, int lane) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        index.write(lane, new DataOutputStream(bytes));
        return bytes.toByteArray();
    }

    private static void read(BlockIndex index, int lane, byte[] image) throws IOException {
        index.read(lane, new DataInputStream(new ByteArrayInputStream(image)));
    }

    @Test
    void whatWasWrittenIsThereAgainAndGoesOn() throws IOException {
        int a = index.open(10_000);
        int b = index.open(10_000);
        for (int i = 0; i < 300; i++) {
            int[] words = random.ints(1 + random.nextInt(12), 0, 4).toArray();
            index.apply(random.nextBoolean() ? a : b, Prompts.stored(1, 0, words.length, words));
        }
        index.apply(a, Prompts.stored(Tier.CPU, "", 1, 0, 2, 1, 2));
        BlockIndex other = new BlockIndex(7, 100_000);
        int second = other.open(10_000);
        int first = other.open(10_000);
        read(other, first, image(index, a));
        read(other, second, image(index, b));
        assertThat(other.pairs()).isEqualTo(index.pairs());
        assertThat(other.nodes()).isEqualTo(index.nodes());
        for (int i = 0; i < 2000; i++) {
            int[] words = random.ints(1 + random.nextInt(12), 0, 4).toArray();
            long[] keys = Prompts.keys(index, words);
            index.match(keys, keys.length, match);
            Match same = new Match();
            other.match(keys, keys.length, same);
            for (Tier tier : Tier.values()) {
                assertThat(same.blocks(first, tier)).isEqualTo(match.blocks(a, tier));
                assertThat(same.blocks(second, tier)).isEqualTo(match.blocks(b, tier));
            }
        }
        other.apply(first, Prompts.removed(Tier.GPU, 1, 0, 1, 1));
        index.apply(a, Prompts.removed(Tier.GPU, 1, 0, 1, 1));
        assertThat(other.size(first)).isEqualTo(index.size(a));
    }

    @Test
    void brokenImagesAreRefusedAndLeaveALaneThatCanBeCleared() throws IOException {
        int a = index.open(10_000);
        for (int i = 0; i < 100; i++) {
            index.apply(a, Prompts.stored(1, 0, 3, i, 1, 2));
        }
        byte[] image = image(index, a);
        for (int i = 0; i < 500; i++) {
            byte[] broken = Arrays.copyOf(image, random.nextInt(image.length));
            if (broken.length > 20) {
                broken[4 + random.nextInt(broken.length - 4)] ^= (byte) (1 << random.nextInt(8));
            }
            BlockIndex other = new BlockIndex(7, 100_000);
            int lane = other.open(10_000);
            assertThatThrownBy(() -> read(other, lane, broken)).isInstanceOf(IOException.class);
            other.clear(lane);
            assertThat(other.pairs()).isZero();
            assertThat(other.nodes()).isZero();
        }
    }
}
