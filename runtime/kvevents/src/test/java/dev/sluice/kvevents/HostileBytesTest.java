package dev.sluice.kvevents;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.core.kv.BlockIndex;
import dev.sluice.core.kv.KvBatch;
import dev.sluice.core.kv.KvEventSink.Oddity;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Whatever comes over the wire, the outcome is a batch or a count, in bounded time and memory. */
class HostileBytesTest {
    private static final int ROUNDS = Integer.getInteger("sluice.fuzz.rounds", 30_000);
    private final Told told = new Told();
    private final Decoder decoder = new Decoder(told::count);
    private final BlockIndex index = new BlockIndex(3, 10_000);
    private final int lane = index.open(1000);

    @Test
    void brokenCapturesAreCountedAndDropped() {
        List<byte[]> seeds = Captures.lines("events.txt").stream()
                .map(line -> Captures.hex(line.split(" ")[1]))
                .filter(bytes -> bytes.length < 2000)
                .toList();
        Random random = new Random(1);
        int refused = 0;
        for (int i = 0; i < ROUNDS; i++) {
            refused += survives(broken(seeds.get(random.nextInt(seeds.size())).clone(), random));
        }
        assertThat(refused).isBetween(ROUNDS / 50, ROUNDS);
        assertThat(told.count(Oddity.MALFORMED)).isPositive();
        assertThat(index.pairs()).isLessThanOrEqualTo(1000);
    }

    @Test
    void noiseIsCountedAndDropped() {
        Random random = new Random(2);
        for (int i = 0; i < ROUNDS; i++) {
            byte[] noise = new byte[random.nextInt(300)];
            random.nextBytes(noise);
            if (noise.length > 1 && random.nextBoolean()) {
                noise[0] = (byte) 0x93;
                noise[1] = (byte) (random.nextBoolean() ? 0xcb : 0x01);
            }
            survives(noise);
        }
    }

    @Test
    void nestingWithoutEndIsRefused() {
        byte[] deep = new byte[1 << 20];
        Arrays.fill(deep, (byte) 0x91);
        assertThat(survives(deep)).isEqualTo(1);
        byte[] inside = new byte[1 << 20];
        Arrays.fill(inside, (byte) 0x91);
        System.arraycopy(Captures.hex("92cb401400000000000091"), 0, inside, 0, 11);
        survives(inside);
    }

    private int survives(byte[] bytes) {
        try {
            KvBatch batch = decoder.decode(1, bytes);
            batch.events().forEach(event -> index.apply(lane, event));
            return 0;
        } catch (Malformed refused) {
            return 1;
        }
    }

    private static byte[] broken(byte[] bytes, Random random) {
        byte[] broken = bytes;
        for (int cuts = 1 + random.nextInt(4); cuts > 0; cuts--) {
            int at = random.nextInt(broken.length);
            switch (random.nextInt(6)) {
                case 0 -> broken[at] ^= (byte) (1 << random.nextInt(8));
                case 1 -> broken[at] = (byte) random.nextInt(256);
                case 2 -> broken = Arrays.copyOf(broken, Math.max(1, at));
                case 3 -> broken = Arrays.copyOf(broken, broken.length + random.nextInt(20));
                case 4 -> {
                    int length = Math.min(broken.length - at, 1 + random.nextInt(9));
                    for (int i = 0; i < length; i++) {
                        broken[at + i] = (byte) 0xFF;
                    }
                }
                default -> {
                    int from = random.nextInt(broken.length);
                    int length = Math.min(broken.length - Math.max(at, from), random.nextInt(40));
                    System.arraycopy(broken.clone(), from, broken, at, length);
                }
            }
        }
        return broken;
    }
}
