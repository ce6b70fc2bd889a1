package dev.sluice.app.bench;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class RoundsTest {
    private static final Rounds.Reading CPU = Sample::cpuPerRequest;

    /** A sample of 1,000 requests with this cost each, in microseconds. */
    static Sample cost(double micros) {
        return new Sample(1000, 0, 0, 1000, micros / 100, micros / 50, 640, 10, 12, 0, micros / 1000, 10_240);
    }

    static Rounds rounds(double[] haproxy, double[] control, double[] sluice) {
        Rounds rounds = new Rounds();
        for (int i = 0; i < haproxy.length; i++) {
            rounds.add(Target.DIRECT, cost(0));
            rounds.add(Target.HAPROXY, cost(haproxy[i]));
            rounds.add(Target.CONTROL, cost(control[i]));
            rounds.add(Target.SLUICE, cost(sluice[i]));
        }
        return rounds;
    }

    private static final Rounds MEASURED =
            rounds(new double[] {20, 22, 21}, new double[] {21, 22, 20}, new double[] {30, 44, 30});

    @Test
    void theMedianIsTheMiddleValueOrTheMeanOfTheTwoInTheMiddle() {
        assertThat(MEASURED.median(Target.HAPROXY, CPU)).isEqualTo(21);
        Rounds two = rounds(new double[] {20, 30}, new double[] {1, 1}, new double[] {1, 1});
        assertThat(two.median(Target.HAPROXY, CPU)).isEqualTo(25);
    }

    @Test
    void aRatioComparesFiguresOfTheSameRound() {
        Rounds.Values ratio = MEASURED.ratio(Target.SLUICE, Target.HAPROXY, CPU);

        assertThat(ratio.median()).isEqualTo(1.5);
        assertThat(ratio.show()).isEqualTo("1.50 (1.43 to 2.00)");
    }

    @Test
    void theSpreadIsTheFurthestThatControlWentFromControl() {
        Rounds.Values control = MEASURED.ratio(Target.CONTROL, Target.HAPROXY, CPU);

        assertThat(control.deviation(1)).isEqualTo(0.05, org.assertj.core.data.Offset.offset(1e-9));
    }

    @Test
    void whatWasNotMeasuredIsNotANumberAndShownAsADash() {
        assertThat(MEASURED.median(Target.NGINX, CPU)).isNaN();
        assertThat(MEASURED.ratio(Target.NGINX, Target.HAPROXY, CPU).show()).isEqualTo("–");
        assertThat(MEASURED.ratio(Target.NGINX, Target.HAPROXY, CPU).deviation(1))
                .isNaN();
    }
}
