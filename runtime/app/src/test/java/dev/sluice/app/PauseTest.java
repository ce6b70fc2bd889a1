package dev.sluice.app;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PauseTest {
    @ParameterizedTest
    @CsvSource({
        "15, 15000",
        "0.25, 250",
        "0.0001, 1",
        "3s, 3000",
        "0, 0",
        "-1, -1",
        "'', -1",
        "soon, -1",
        "86401, -1",
        "1e9, -1"
    })
    void secondsAreReadAsSleepReadsThem(String text, long millis) {
        assertThat(Pause.millis(text)).isEqualTo(millis);
    }
}
