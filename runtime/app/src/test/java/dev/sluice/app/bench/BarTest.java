package dev.sluice.app.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class BarTest {
    private final Bar bar = new Bar("CPU", 1.9, 1.4, "× HAProxy");

    @Test
    void aFigureOnEitherSideOfTheBarIsMetOrMissed() {
        assertThat(bar.judge(1.7, 0.05).verdict()).isEqualTo(Verdict.MET);
        assertThat(bar.judge(2.0, 0.05).verdict()).isEqualTo(Verdict.MISSED);
        assertThat(bar.judge(1.3, 0.05).verdict()).isEqualTo(Verdict.STRETCH);
    }

    @Test
    void aDifferenceFinerThanTheSpreadIsNotJudged() {
        assertThat(bar.judge(1.88, 0.05).verdict()).isEqualTo(Verdict.NOT_JUDGED);
        assertThat(bar.judge(1.92, 0.05).verdict()).isEqualTo(Verdict.NOT_JUDGED);
        assertThat(bar.judge(1.38, 0.05).verdict()).isEqualTo(Verdict.MET);
    }

    @Test
    void withoutAnythingToCompareWithNothingIsJudged() {
        assertThat(bar.judge(Double.NaN, 0.05).verdict()).isEqualTo(Verdict.NOT_JUDGED);
        assertThat(bar.judge(1.5, Double.NaN).verdict()).isEqualTo(Verdict.NOT_JUDGED);
    }

    @Test
    void barsMultiplyForMachinesThatAreNotQuiet() {
        assertThat(bar.times(10).judge(15, 0.5).verdict()).isEqualTo(Verdict.MET);
        assertThat(bar.times(10).judge(20, 0.5).verdict()).isEqualTo(Verdict.MISSED);
        assertThat(Bar.of("RSS", 200, "MB").times(10).judge(150, 0).verdict()).isEqualTo(Verdict.MET);
    }

    @Test
    void aWorkIsJudgedByTheRatioOfItsRoundsAndTheSpreadOfItsControl() {
        Rounds rounds = RoundsTest.rounds(new double[] {20, 20}, new double[] {21, 19}, new double[] {30, 30});

        List<Finding> findings = Work.SATURATED.judge(rounds, 1);

        assertThat(findings).singleElement().satisfies(finding -> {
            assertThat(finding.figure()).isEqualTo(1.5);
            assertThat(finding.spread()).isBetween(0.0949, 0.0951);
            assertThat(finding.verdict()).isEqualTo(Verdict.MET);
        });
    }

    @Test
    void latencyIsJudgedByWhatItAddsToDirect() {
        Rounds rounds = RoundsTest.rounds(new double[] {10}, new double[] {11}, new double[] {20});

        List<Finding> findings = Work.PACED.judge(rounds, 1);

        assertThat(findings).extracting(finding -> finding.bar().what()).hasSize(3);
        assertThat(findings.get(1).figure()).isEqualTo(0.2);
        assertThat(findings.get(2).figure()).isEqualTo(0.4);
        assertThat(findings.get(2).verdict()).isEqualTo(Verdict.MET);
    }
}
