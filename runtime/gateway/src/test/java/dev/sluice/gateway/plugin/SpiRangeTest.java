package dev.sluice.gateway.plugin;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SpiRangeTest {
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "[1.0,2)|1.0|true",
                "[1.0,2)|1.9|true",
                "[1.0,2)|2.0|false",
                "(1.0,2]|1.0|false",
                "(1.0,2]|2.0|true",
                "[1.2,1.10]|1.9|true",
                "[1.2,1.10]|1.10|true",
                "[1.2,1.10]|1.11|false",
                "[1.2,1.10]|1.1|false",
                "1.2|1.2|true",
                "1.2|1.1|false",
                "1.2|1.30|true",
                "1.2|2.0|false",
                "1|1.5|true",
                "[1.0,1.0]|1.0|true"
            })
    void containsWhatItSays(String range, String version, boolean contained) {
        assertThat(SpiRange.of(range).orElseThrow().contains(version)).isEqualTo(contained);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "any", "[1.0", "1.0,2", "[2,1)", "[1,1)", "(1,1)", "1.2.3", "[1.x,2)", "-1", "[,2)"})
    void isNoRange(String text) {
        assertThat(SpiRange.of(text)).isEmpty();
    }
}
