package dev.sluice.gateway.plugin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class LatenciesTest {
    private final Latencies latencies = new Latencies();

    @Test
    void quantilesAreRightToWithinAFifthAndNeverTooLow() {
        for (int micros = 1; micros <= 10_000; micros++) {
            latencies.record(micros * 1000L);
        }
        assertThat(latencies.millis(0.5)).isBetween(5.0, 6.25);
        assertThat(latencies.millis(0.99)).isBetween(9.9, 12.5);
    }

    @Test
    void nothingRecordedIsUnknown() {
        assertThat(latencies.millis(0.5)).isNaN();
    }

    @Test
    void anyDurationHasItsPlace() {
        latencies.record(0);
        assertThat(latencies.millis(1)).isCloseTo(0, within(1e-4));
        latencies.record(Long.MAX_VALUE);
        assertThat(latencies.millis(1)).isGreaterThan(9e12);
    }
}
