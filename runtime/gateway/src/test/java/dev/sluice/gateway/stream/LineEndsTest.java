package dev.sluice.gateway.stream;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.junit.jupiter.api.Test;

class LineEndsTest {
    @Test
    void findsWhatAByteByByteSearchFinds() {
        Random random = new Random(5);
        byte[] near = {'\n', '\r', '\n' + 1, '\r' - 1, '\n' - 1, (byte) ('\n' | 0x80), (byte) ('\r' | 0x80), 0, -1, 'a'
        };
        for (int round = 0; round < 20_000; round++) {
            byte[] b = new byte[random.nextInt(40)];
            for (int i = 0; i < b.length; i++) {
                b[i] = near[random.nextInt(random.nextInt(near.length) + 1)];
                b[i] = random.nextInt(4) > 0 ? near[2 + random.nextInt(near.length - 2)] : b[i];
            }
            int from = random.nextInt(b.length + 1);
            int end = from + random.nextInt(b.length - from + 1);
            int expected = from;
            while (expected < end && b[expected] != '\n' && b[expected] != '\r') {
                expected++;
            }
            assertThat(LineEnds.next(b, from, end)).isEqualTo(expected);
        }
    }
}
