package dev.sluice.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RetryAfterTest {
    private static final Clock NOON = Clock.fixed(Instant.parse("2026-03-02T12:00:00Z"), ZoneOffset.UTC);

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "7 | 7",
                "1.2 | 2",
                "0 | 1",
                "-4 | 1",
                "NaN | 1",
                "Infinity | 86400",
                "soon | 1",
                "Mon, 02 Mar 2026 12:00:09 GMT | 9",
                "Mon, 02 Mar 2026 11:00:00 GMT | 1"
            })
    void whatAnEngineSaysBecomesWholeSecondsRoundedUp(String said, String passed) {
        assertThat(RetryAfter.seconds(Optional.of(said), NOON)).isEqualTo(passed);
    }

    @Test
    void nothingSaidIsASecond() {
        assertThat(RetryAfter.seconds(Optional.empty(), NOON)).isEqualTo("1");
    }
}
