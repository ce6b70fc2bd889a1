package dev.sluice.core.flow;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class CeilingsTest {
    private static final int[] BANDS = {100, 0, -10};

    @Test
    void oneForAll() {
        assertThat(Ceilings.same(0.7).of(0.2, BANDS)).containsExactly(0.7, 0.7, 0.7);
    }

    @Test
    void batchHasItsOwn() {
        assertThat(Ceilings.batch(1, 0.5).of(0.2, BANDS)).containsExactly(1, 1, 0.5);
        assertThat(Ceilings.batch(0.4, 0.5).of(0.2, BANDS))
                .as("never above the others'")
                .containsExactly(0.4, 0.4, 0.4);
    }

    @Test
    void holdbackGoesInALineByRankOrByValue() {
        assertThat(new Ceilings.Holdback(0.5, 1, false).of(0, BANDS)).containsExactly(1, 0.75, 0.5);
        double[] byValue = new Ceilings.Holdback(0.5, 1, true).of(0, BANDS);
        assertThat(byValue[0]).isEqualTo(1);
        assertThat(byValue[1]).isCloseTo(0.5 + 10.0 / 110 * 0.5, within(1e-12));
        assertThat(byValue[2]).isEqualTo(0.5);
        assertThat(new Ceilings.Holdback(0.5, 1, true).of(0, new int[] {-3})).containsExactly(1);
        assertThat(new Ceilings.Holdback(0.5, 1, false).of(0, new int[] {-3})).containsExactly(1);
    }

    @Test
    void softCeilingsSinkWithSaturationAndOpenNowAndThen() {
        SoftReflective soft = new SoftReflective();
        assertThat(soft.of(0.4, BANDS)).as("below all ceilings").containsExactly(1, 0.8, 0.6);
        int second = 0;
        int third = 0;
        for (int i = 0; i < 90; i++) {
            double[] ceilings = soft.of(0.9, BANDS); // 0.55 and 0.1 would be the ceilings
            assertThat(ceilings[0]).isEqualTo(1);
            second += ceilings[1] == 1 ? 1 : 0;
            third += ceilings[2] == 1 ? 1 : 0;
        }
        assertThat(second).as("one look of nine").isEqualTo(10);
        assertThat(third).isEqualTo(10);
        assertThat(soft.of(1, BANDS)).containsExactly(1, 0, 0);
        assertThat(soft.of(0.9, new int[] {0})).containsExactly(1);
    }
}
