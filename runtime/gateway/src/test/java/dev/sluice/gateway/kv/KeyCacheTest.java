package dev.sluice.gateway.kv;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class KeyCacheTest {
    private static PromptKeys keys(int blocks) {
        return new PromptKeys(blocks * 4, 4, new long[blocks], true);
    }

    @Test
    void aConversationsNextTurnFindsTheLongestBeginning() {
        KeyCache cache = new KeyCache(10_000);
        cache.put(1, 10, keys(3));
        cache.put(2, 20, keys(6));
        assertThat(cache.whole(2))
                .hasValueSatisfying(found -> assertThat(found.keys()).hasSize(6));
        assertThat(cache.beginning(new long[] {5, 10, 20, 30}, 4).orElseThrow().keys())
                .hasSize(6);
        assertThat(cache.beginning(new long[] {5, 10, 21, 30}, 4).orElseThrow().keys())
                .hasSize(3);
        assertThat(cache.beginning(new long[] {5, 11}, 2)).isEmpty();
        assertThat(cache.beginning(new long[] {5, 10}, 1))
                .as("only what counts")
                .isEmpty();
    }

    @Test
    void memoryIsBoundedAndTheLeastAskedForGoesFirst() {
        KeyCache cache = new KeyCache(1000);
        for (int i = 0; i < 100; i++) {
            cache.put(i, 1000 + i, keys(84));
            assertThat(cache.whole(0)).as("asked for each time").isPresent();
        }
        assertThat(cache.whole(50)).isEmpty();
        assertThat(cache.beginning(new long[] {1050}, 1)).isEmpty();
        assertThat(cache.whole(99)).isPresent();
    }
}
