package dev.sluice.gateway.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class BadConfigsTest {
    @TempDir
    Path directory;

    @ParameterizedTest(name = "{0}")
    @MethodSource("table")
    void allErrorsOfABadFileAreReportedWithTheirPlaces(Bad bad) {
        Loaded loaded = Loads.load(directory, bad.yaml());

        assertThat(loaded.errors().stream().map(this::shortened)).containsExactlyInAnyOrderElementsOf(bad.errors());
        assertThat(loaded.config()).isEmpty();
    }

    @Test
    void theTableIsNotSmall() throws IOException {
        assertThat(table()).hasSizeGreaterThan(60);
    }

    private String shortened(ConfigError error) {
        return error.toString()
                .replace(directory.resolve("gateway.yaml") + ":", "")
                .replace(directory + "/", "DIR/");
    }

    static Stream<Bad> table() throws IOException {
        return Bad.table("bad-configs.txt");
    }
}
