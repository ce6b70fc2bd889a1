package dev.sluice.core.kv;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.junit.jupiter.api.Test;

class AuditTest {
    private final Audit audit = new Audit();

    /** Requests until the map is dropped, of an engine that finds nothing that was cached before. */
    private int untilDropped(double refilled, Random random) {
        for (int i = 1; i <= 1000; i++) {
            if (audit.observe(1600, random.nextDouble() < refilled ? 1600 : 0)) {
                return i;
            }
        }
        return Integer.MAX_VALUE;
    }

    @Test
    void anEngineThatRestartedIsFoundOutWithinTwentyRequestsEvenWhenHalfOfItIsBack() {
        int late = 0;
        for (int seed = 0; seed < 1000; seed++) {
            late += new AuditTest().untilDropped(0.5, new Random(seed)) > 20 ? 1 : 0;
        }
        assertThat(late).isLessThan(10);
        assertThat(untilDropped(0, new Random(1))).isEqualTo(4);
    }

    @Test
    void aRareEvictionBetweenDecisionAndAdmissionIsNoRestart() {
        Random random = new Random(1);
        int dropped = 0;
        for (int i = 0; i < 10_000; i++) {
            dropped += audit.observe(1600, random.nextInt(100) == 0 ? 0 : 1600) ? 1 : 0;
        }
        assertThat(dropped).isLessThan(10);
        assertThat(audit.believed()).isTrue();
    }

    @Test
    void whatTheMapSaidNothingOfProvesNothing() {
        for (int i = 0; i < 100; i++) {
            assertThat(audit.observe(0, i % 2 == 0 ? 0 : 1600)).isFalse();
        }
    }

    @Test
    void anEngineThatLiesAgainAndAgainIsNotBelievedForAWhile() {
        for (int i = 0; i < 12; i++) {
            audit.observe(1600, 0);
        }
        assertThat(audit.believed()).isFalse();
        for (int i = 0; i < 200; i++) {
            audit.observe(1600, 1600);
        }
        assertThat(audit.believed()).isTrue();
    }

    @Test
    void precisionAndRecallFollowFromItsSums() {
        audit.observe(100, 80);
        audit.observe(50, 120);
        assertThat(audit.predicted()).isEqualTo(150);
        assertThat(audit.reported()).isEqualTo(200);
        assertThat(audit.confirmed()).isEqualTo(130);
    }
}
