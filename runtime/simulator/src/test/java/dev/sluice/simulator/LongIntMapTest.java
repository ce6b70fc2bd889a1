package dev.sluice.simulator;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class LongIntMapTest {
    @Test
    void behavesAsAHashMapUnderRandomUse() {
        var random = new SplittableRandom(4);
        var map = new LongIntMap(4);
        var oracle = new HashMap<Long, Integer>();
        for (var i = 0; i < 200_000; i++) {
            var key = (long) random.nextInt(3000);
            switch (random.nextInt(3)) {
                case 0 -> assertThat(map.put(key, i)).isEqualTo(or(oracle.put(key, i)));
                case 1 -> assertThat(map.remove(key)).isEqualTo(or(oracle.remove(key)));
                default -> assertThat(map.get(key)).isEqualTo(oracle.getOrDefault(key, LongIntMap.ABSENT));
            }
        }
        assertThat(map.size()).isEqualTo(oracle.size());
        assertThat(map.keys()).containsExactlyInAnyOrder(oracle.keySet().toArray(Long[]::new));
    }

    private static int or(@org.jspecify.annotations.Nullable Integer value) {
        return value == null ? LongIntMap.ABSENT : value;
    }
}
