package dev.sluice.gateway.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class BadPickersTest {
    private static final String OPEN = "no tenants: this gateway is open to everybody who reaches it";

    @TempDir
    Path directory;

    private Overrides overrides = Overrides.NONE;

    @BeforeEach
    void someEndpoints() {
        overrides = new Overrides(
                OptionalInt.empty(),
                OptionalInt.empty(),
                OptionalInt.empty(),
                Optional.of(Loads.write(directory, "endpoints.yaml", "endpoints: []\n")),
                Optional.empty());
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("table")
    void whateverIsNotServedAsWrittenIsAnErrorOrAWarningWithItsPlace(Bad bad) {
        Path file = Loads.write(directory, "epp.yaml", bad.yaml());
        Loaded loaded = new ConfigLoader(name -> Optional.empty()).load(file, Catalog.onClassPath(), overrides);

        assertThat(Stream.concat(
                        loaded.errors().stream().map(this::shortened),
                        loaded.warnings().stream()
                                .filter(warning -> !warning.message().equals(OPEN))
                                .map(warning -> "warning: " + shortened(warning))))
                .containsExactlyInAnyOrderElementsOf(bad.errors());
        assertThat(loaded.config().isEmpty()).isEqualTo(!loaded.errors().isEmpty());
    }

    private String shortened(ConfigError error) {
        return error.toString().replace(directory.resolve("epp.yaml") + ":", "").replace(directory + "/", "DIR/");
    }

    static Stream<Bad> table() throws IOException {
        return Bad.table("bad-pickers.txt");
    }
}
