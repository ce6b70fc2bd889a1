package dev.sluice.core.peers;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class WindowTest {
    @Test
    void eachMessageCountsOnceInWhateverOrder() {
        Random random = new Random(1);
        for (int run = 0; run < 200; run++) {
            List<Long> order = new ArrayList<>();
            for (long i = 1; i <= 60; i++) {
                order.add(i);
                order.add(i);
            }
            Collections.shuffle(order, random);
            Window window = new Window();
            long accepted = order.stream().filter(window::accepts).count();
            assertThat(accepted).isEqualTo(60);
            assertThat(window.newest()).isEqualTo(60);
        }
    }

    @Test
    void whatIsFarBehindOrNoSequenceDoesNotCount() {
        Window window = new Window();
        assertThat(window.accepts(0)).isFalse();
        assertThat(window.accepts(-5)).isFalse();
        assertThat(window.accepts(1000)).isTrue();
        assertThat(window.accepts(1000 - Window.SIZE + 1)).isTrue();
        assertThat(window.accepts(1000 - Window.SIZE)).isFalse();
        assertThat(window.accepts(1000)).isFalse();
        assertThat(window.accepts(Long.MAX_VALUE)).isTrue();
        assertThat(window.accepts(1001)).isFalse();
    }
}
