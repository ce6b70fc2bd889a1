package dev.sluice.core.prewarm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class WorkPerRequestTest {
    @Test
    void howManyAreThereByHowManyComeIsHowLongEachTakes() {
        WorkPerRequest prefill = new WorkPerRequest();
        WorkPerRequest decode = new WorkPerRequest();
        assertThat(prefill.seconds()).isNaN();
        for (int i = 0; i < 600; i++) {
            prefill.look(1, 4, 2); // 0.5 s each
            decode.look(1, 4, 24); // 6 s each
        }
        assertThat(prefill.seconds()).isCloseTo(0.5, within(1e-6));
        assertThat(decode.seconds() / prefill.seconds()).isCloseTo(12, within(1e-6));
    }

    @Test
    void whatChangesIsLearnedWithinMinutes() {
        WorkPerRequest work = new WorkPerRequest();
        for (int i = 0; i < 600; i++) {
            work.look(1, 4, 4);
        }
        for (int i = 0; i < 900; i++) {
            work.look(1, 4, 12);
        }
        assertThat(work.seconds()).isBetween(2.7, 3.0);
    }

    @Test
    void aNightWithoutRequestsForgetsNothing() {
        WorkPerRequest work = new WorkPerRequest();
        work.look(10, 10, 3);
        double before = work.seconds();
        for (int i = 0; i < 100_000; i++) {
            work.look(1, 0, 0);
        }
        assertThat(work.seconds()).isEqualTo(before);
    }
}
